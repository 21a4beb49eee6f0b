"""A viewer that looks at packets only: ``python -m petcam.compare.measuring_client URL SECONDS`` prints what it saw as JSON.

It takes the packets before aiortc would decode them (by the private ``_handle_rtp_packet``, the same in all versions):
two decoders beside the backends would be most of what is measured.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

SETTLE_NS = 2_000_000_000  # what comes so soon after the first picture is the group that a newcomer gets, and old
TICKS = 2**32  # of an RTP timestamp, 90,000 a second


@dataclass
class Sight:
    """Times are CLOCK_MONOTONIC's in ns."""

    offered: int
    first: int | None = None  # when the first picture's last packet came
    settled: list[int] = field(default_factory=list)  # when the pictures that count were there
    late: list[float] = field(default_factory=list)  # and the ms from their capture until then

    def packet(self, timestamp: int, marker: int, now: int) -> None:
        if not marker:
            return
        if self.first is None:
            self.first = now
        elif now - self.first > SETTLE_NS:
            self.settled.append(now)
            self.late.append((now * 9 // 100_000 - timestamp) % TICKS / 90)

    def rate(self) -> float:
        """Pictures a second."""
        span = self.settled[-1] - self.settled[0] if self.settled else 0
        return (len(self.settled) - 1) * 1e9 / span if span else 0.0

    def report(self) -> dict[str, Any]:
        late = sorted(self.late)
        return {
            "rate": self.rate(),
            "first_ms": None if self.first is None else (self.first - self.offered) / 1e6,
            "late_ms": statistics.median(late) if late else None,
            "late_p99_ms": late[min(len(late) - 1, len(late) * 99 // 100)] if late else None,
        }


async def watch(url: str, seconds: float) -> Sight:
    from aiortc import RTCPeerConnection, RTCSessionDescription

    peer = RTCPeerConnection()
    try:
        receiver = peer.addTransceiver("video", direction="recvonly").receiver
        await peer.setLocalDescription(await peer.createOffer())
        offer = {"type": "offer", "sdp": peer.localDescription.sdp}
        sight = Sight(time.monotonic_ns())

        async def take(packet: Any, arrival_time_ms: int) -> None:
            sight.packet(packet.timestamp, packet.marker, time.monotonic_ns())

        receiver._handle_rtp_packet = take
        answer = await asyncio.to_thread(requests.post, url, json=offer, timeout=10)
        answer.raise_for_status()
        await peer.setRemoteDescription(RTCSessionDescription(answer.json()["sdp"], "answer"))
        await asyncio.sleep(seconds)
        return sight
    finally:
        await peer.close()


def main(words: Sequence[str]) -> None:
    url, seconds = words
    print(json.dumps(asyncio.run(watch(url, float(seconds))).report()))


if __name__ == "__main__":
    main(sys.argv[1:])
