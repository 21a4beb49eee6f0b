"""The RTP time of a frame: its moment as viewers and the detector's results tell it (docs/shm-layout.md, Time)."""


def timestamp(capture_ns: int) -> int:
    """The RTP timestamp of a frame that was captured at ``capture_ns`` (CLOCK_MONOTONIC): 90 kHz, mod 2**32."""
    return capture_ns * 9 // 100_000 % 2**32
