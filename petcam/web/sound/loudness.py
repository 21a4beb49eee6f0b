"""How loud several packets were together."""

import json
import math
from collections.abc import Sequence

from petcam.web.sound.ear import Packet

QUIETEST_DB = -96.0


def loudness(packets: Sequence[Packet]) -> dict[str, float]:
    """Of one packet or more, all of the same length: dBFS, each to a tenth.

    The streamer computes the same (``site/feed``), so what lies half-way between two tenths is not left to the last bit
    of a logarithm.
    """
    power = sum(10 ** (packet.rms_db / 10) for packet in packets) / len(packets)
    peak = max(packet.peak_db for packet in packets)
    return {"rms": _rounded(10 * math.log10(power)), "peak": _rounded(peak)}


def _rounded(level: float) -> float:
    return round(max(QUIETEST_DB, round(level, 6)), 1)


def serialise(levels: dict[str, float]) -> bytes:
    """As a server-sent event."""
    return f"event: level\ndata: {json.dumps(levels)}\n\n".encode()
