"""One viewer's peer connection, by aiortc 1.4 (Debian 12) or newer. For the loop's thread only.

aiortc encodes what a track gives, or packetises it for each viewer anew, and adds a random number to all timestamps.
So its sender is given ready packets one step later, by ``_next_encoded_frame``, which has been the same in all
versions; ``tests/unit/web/test_webrtc_backend.py`` holds the installed one to it.
"""

import asyncio
import time
from typing import Any

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpsender import RTCEncodedFrame

from petcam.errors import Code, PetcamError
from petcam.web.webrtc.packet_log import PacketLog

RESTART_EVERY = 1.0  # seconds; how often at most a viewer gets the current group again


class TrueTimestamp(int):
    """An RTP timestamp that stays what it is when aiortc's sender adds its random origin."""

    def __radd__(self, origin: int) -> int:
        return int(self)


class Stream(MediaStreamTrack):  # type: ignore[misc]
    """Stands for the video in the negotiation; nothing ever takes a frame from it."""

    kind = "video"

    async def recv(self) -> Any:
        raise NotImplementedError


class Peer:
    def __init__(self, log: PacketLog, ice_servers: list[str]) -> None:
        self._log = log
        self._position: int | None = None
        self._again = False  # the current group is to come again
        self._restarted_at = time.monotonic()
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        self.peer: Any = RTCPeerConnection(RTCConfiguration([RTCIceServer(url) for url in ice_servers]))
        self.peer.on("connectionstatechange", self._follow)
        transceiver = self.peer.addTransceiver(Stream(), "sendonly")
        transceiver.setCodecPreferences(h264())
        sender = transceiver.sender
        sender._next_encoded_frame, sender._send_keyframe = self._next, self._restart
        self._transceiver = transceiver

    async def answer(self, offer: str) -> str:
        """The SDP answer with all candidates. Raises ``BAD_OFFER``."""
        try:
            await self.peer.setRemoteDescription(RTCSessionDescription(without_candidates(offer), "offer"))
            await self.peer.setLocalDescription(await self.peer.createAnswer())
        except Exception as error:  # aiortc has many, assertions among them
            raise PetcamError(Code.BAD_OFFER, "the offer cannot be answered") from error
        if self._transceiver.currentDirection != "sendonly":
            raise PetcamError(Code.BAD_OFFER, "the offer has no H.264 video that could be received")
        self._transceiver.sender.transport.on("statechange", self._follow)  # aiortc 1.4 tells a goodbye here only
        answer: str = self.peer.localDescription.sdp
        return answer

    async def close(self) -> None:
        self.ended.set()
        await self.peer.close()

    def _follow(self) -> None:
        state = self.peer.connectionState
        if state in ("failed", "closed") or self._transceiver.sender.transport.state in ("failed", "closed"):
            self.ended.set()
        elif state == "connected":
            self.connected.set()

    async def _next(self, codec: Any) -> Any:
        """In place of the sender's own: the next picture, packetised already."""
        number, packets = await self._log.after(self._position)
        if self._again:  # asked for while this one was awaited
            number, packets = await self._log.after(None)
        self._position, self._again = number, False
        return RTCEncodedFrame(packets.payloads, TrueTimestamp(packets.timestamp), None)

    def _restart(self) -> None:
        """The viewer asks for a keyframe. The camera cannot be asked for one, so the current group comes again."""
        if time.monotonic() - self._restarted_at >= RESTART_EVERY:
            self._restarted_at, self._again = time.monotonic(), True


def h264() -> list[Any]:
    found = RTCRtpSender.getCapabilities("video").codecs
    return [c for c in found if c.mimeType == "video/H264" and str(c.parameters.get("packetization-mode")) == "1"]


def without_candidates(offer: str) -> str:
    """The viewer's checks tell where it is; no offer can make us send to addresses of its choice."""
    kept = [line for line in offer.splitlines() if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(kept) + "\r\n"
