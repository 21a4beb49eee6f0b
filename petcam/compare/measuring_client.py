"""A WebRTC client that times the packets it receives: ``python -m petcam.compare.measuring_client URL SECONDS``.

It prints its report as JSON. It takes the packets before aiortc would decode them (by the private
``_handle_rtp_packet``, which is the same in all versions): two decoders beside the backends would use more CPU than the
backends that are measured.
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

# Pictures that come this soon after the first are not counted: a new viewer gets the current group of pictures, whose
# first ones are old.
SETTLE_NS = 2_000_000_000
RTP_MODULUS = 2**32  # an RTP timestamp, in ticks of 1/90,000 s, starts again at 0 here


@dataclass
class FrameArrivals:
    """When pictures arrived; times in ns are of CLOCK_MONOTONIC."""

    offered_ns: int
    first_ns: int | None = None  # when the last packet of the first picture came
    arrivals_ns: list[int] = field(default_factory=list)  # when each counted picture was complete
    latencies_ms: list[float] = field(default_factory=list)  # from the capture of each counted picture until then

    def add_packet(self, timestamp: int, marker: int, now: int) -> None:
        """``marker`` is 1 in the last packet of a picture."""
        if not marker:
            return
        if self.first_ns is None:
            self.first_ns = now
        elif now - self.first_ns > SETTLE_NS:
            self.arrivals_ns.append(now)
            self.latencies_ms.append((now * 9 // 100_000 - timestamp) % RTP_MODULUS / 90)

    def rate(self) -> float:
        """Pictures a second."""
        span = self.arrivals_ns[-1] - self.arrivals_ns[0] if self.arrivals_ns else 0
        return (len(self.arrivals_ns) - 1) * 1e9 / span if span else 0.0

    def report(self) -> dict[str, Any]:
        late = sorted(self.latencies_ms)
        return {
            "rate": self.rate(),
            "first_picture_ms": None if self.first_ns is None else (self.first_ns - self.offered_ns) / 1e6,
            "latency_ms": statistics.median(late) if late else None,
            "latency_p99_ms": late[min(len(late) - 1, len(late) * 99 // 100)] if late else None,
        }


async def measure(url: str, seconds: float) -> FrameArrivals:
    from aiortc import RTCPeerConnection, RTCSessionDescription

    peer = RTCPeerConnection()
    try:
        receiver = peer.addTransceiver("video", direction="recvonly").receiver
        await peer.setLocalDescription(await peer.createOffer())
        offer = {"type": "offer", "sdp": peer.localDescription.sdp}
        arrivals = FrameArrivals(time.monotonic_ns())

        async def take(add_packet: Any, arrival_time_ms: int) -> None:
            arrivals.add_packet(add_packet.timestamp, add_packet.marker, time.monotonic_ns())

        receiver._handle_rtp_packet = take
        answer = await asyncio.to_thread(requests.post, url, json=offer, timeout=10)
        answer.raise_for_status()
        await peer.setRemoteDescription(RTCSessionDescription(answer.json()["sdp"], "answer"))
        await asyncio.sleep(seconds)
        return arrivals
    finally:
        await peer.close()


def main(arguments: Sequence[str]) -> None:
    url, seconds = arguments
    print(json.dumps(asyncio.run(measure(url, float(seconds))).report()))


if __name__ == "__main__":
    main(sys.argv[1:])
