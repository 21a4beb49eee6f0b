"""A microphone that always hears the same."""

from petcam.shm.audio import AudioWriter

PACKET_NS = 20_000_000
MOST_BEHIND_NS = 200_000_000  # after a longer pause it begins anew


class SteadySound:
    """Publishes ``packet`` (Opus of 20 ms) for each 20 ms that are over, whenever it is told the time."""

    def __init__(self, writer: AudioWriter, packet: bytes, level_db: float) -> None:
        self._writer, self._packet, self._level_db = writer, packet, level_db
        self._until_ns = 0

    def go_on(self, now_ns: int) -> None:
        """``now_ns``: CLOCK_MONOTONIC; never earlier than before."""
        if now_ns - self._until_ns > MOST_BEHIND_NS:
            self._until_ns = now_ns - PACKET_NS
        while self._until_ns + PACKET_NS <= now_ns:
            level = self._level_db
            self._writer.publish(self._packet, capture_ns=self._until_ns, rms_db=level, peak_db=level)
            self._until_ns += PACKET_NS
