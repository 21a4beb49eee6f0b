"""As much of Opus (RFC 6716) as the contract speaks of: how long a packet sounds, by its first byte, the TOC."""

from petcam.shm import layout

# Samples at 48 kHz of a frame, by the TOC's configuration: SILK, then hybrid, then CELT.
_FRAME_SAMPLES = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
_FRAMES_NAMED = 3  # the code that says: how many frames there are stands in the second byte
_MAX_SAMPLES = 5760  # of a packet: 120 ms


def samples_of(data: bytes) -> int:
    """How many samples at 48 kHz an Opus packet gives; 0 where it is none."""
    if not data:
        return 0
    code = data[0] & 3
    if code == _FRAMES_NAMED and len(data) < 2:
        return 0
    frames = data[1] & 0x3F if code == _FRAMES_NAMED else (1, 2, 2)[code]
    samples = frames * _FRAME_SAMPLES[data[0] >> 3]
    return samples if samples <= _MAX_SAMPLES else 0


def fault(data: bytes) -> str | None:
    """Why this cannot be a record's packet, in words; ``None``: it can."""
    if not 1 <= len(data) <= layout.AUDIO_MAX_DATA:
        return f"a packet of {len(data)} bytes; an Opus packet has 1 to {layout.AUDIO_MAX_DATA}"
    samples = samples_of(data)
    if samples == 0:
        return f"no Opus packet: it begins with {data[:2].hex(' ')}"
    if samples != layout.AUDIO_SAMPLES:
        return f"an Opus packet of {samples} samples at 48 kHz; a record has {layout.AUDIO_SAMPLES} (20 ms)"
    return None
