"""One viewer's peer connection, by aiortc 1.4 (Debian 12) or newer. For the loop's thread only.

aiortc would encode what a track gives, or packetise it again for each viewer, and add a random number to all
timestamps. Therefore its sender is given ready packets one step later, in ``_next_encoded_frame``. That method is
private, but has been the same in all versions; ``tests/unit/web/test_webrtc_backend.py`` checks the installed version.
"""

import asyncio
import time
from typing import Any

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpsender import RTCEncodedFrame

from petcam.errors import Code, PetcamError
from petcam.web.webrtc.packet_log import PacketLog

MIN_RESTART_INTERVAL_SECONDS = 1.0  # a viewer gets the current group of pictures again no more often than this


class FixedTimestamp(int):
    """An RTP timestamp that does not change when aiortc's sender adds its random origin."""

    def __radd__(self, origin: int) -> int:
        return int(self)


class PlaceholderTrack(MediaStreamTrack):  # type: ignore[misc]
    """Represents the video in the negotiation; no frame is ever taken from it."""

    kind = "video"

    async def recv(self) -> Any:
        raise NotImplementedError


class Peer:
    def __init__(self, log: PacketLog, ice_servers: list[str]) -> None:
        self._log = log
        self._position: int | None = None
        self._restart_requested = False  # whether the current group is to be sent again
        self._restarted_at = time.monotonic()
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        self.peer: Any = RTCPeerConnection(RTCConfiguration([RTCIceServer(url) for url in ice_servers]))
        self.peer.on("connectionstatechange", self._on_state_change)
        transceiver = self.peer.addTransceiver(PlaceholderTrack(), "sendonly")
        transceiver.setCodecPreferences(h264_codecs())
        sender = transceiver.sender
        sender._next_encoded_frame, sender._send_keyframe = self._next_picture, self._on_keyframe_request
        self._transceiver = transceiver

    async def answer(self, offer: str) -> str:
        """The SDP answer with all candidates. Raises ``BAD_OFFER``."""
        try:
            await self.peer.setRemoteDescription(RTCSessionDescription(without_candidates(offer), "offer"))
            await self.peer.setLocalDescription(await self.peer.createAnswer())
        except Exception as error:  # aiortc raises many kinds, also AssertionError
            raise PetcamError(Code.BAD_OFFER, "the offer cannot be answered") from error
        if self._transceiver.currentDirection != "sendonly":
            raise PetcamError(Code.BAD_OFFER, "the offer has no H.264 video that could be received")
        # aiortc 1.4 reports only here that the viewer has closed the connection.
        self._transceiver.sender.transport.on("statechange", self._on_state_change)
        answer: str = self.peer.localDescription.sdp
        return answer

    async def close(self) -> None:
        self.ended.set()
        await self.peer.close()

    def _on_state_change(self) -> None:
        state = self.peer.connectionState
        if state in ("failed", "closed") or self._transceiver.sender.transport.state in ("failed", "closed"):
            self.ended.set()
        elif state == "connected":
            self.connected.set()

    async def _next_picture(self, codec: Any) -> Any:
        """Replaces the sender's ``_next_encoded_frame``: the next picture, already packetised."""
        number, packets = await self._log.after(self._position)
        if self._restart_requested:  # requested while this picture was awaited
            number, packets = await self._log.after(None)
        self._position, self._restart_requested = number, False
        return RTCEncodedFrame(packets.payloads, FixedTimestamp(packets.timestamp), None)

    def _on_keyframe_request(self) -> None:
        """The viewer wants a keyframe (PLI). The camera cannot be asked for one, so the current group is sent again."""
        if time.monotonic() - self._restarted_at >= MIN_RESTART_INTERVAL_SECONDS:
            self._restarted_at, self._restart_requested = time.monotonic(), True


def h264_codecs() -> list[Any]:
    found = RTCRtpSender.getCapabilities("video").codecs
    return [c for c in found if c.mimeType == "video/H264" and str(c.parameters.get("packetization-mode")) == "1"]


def without_candidates(offer: str) -> str:
    """The viewer's own connectivity checks reveal its address. Ignoring candidates keeps an offer from making petcam
    send packets to addresses that it chooses."""
    kept = [line for line in offer.splitlines() if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(kept) + "\r\n"
