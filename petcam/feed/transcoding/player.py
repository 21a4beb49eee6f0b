"""A live stream's pictures as browsers can play them, whatever the camera sends and changes."""

import logging
import time
from collections.abc import Generator
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding.container import MediaTimes, TimedPicture, Units
from petcam.feed.transcoding.transcoder import Transcoder
from petcam.h264 import Assembler, CodedPicture, NotPlayable, annexb, sei

MAX_GROUP_SECONDS = 12.0  # from keyframe to keyframe: a viewer and a recorder begin at one
MAX_GROUP_BYTES = 8 * 1024 * 1024  # half of what the shared memory holds
MAX_SILENCE_SECONDS = 5.0  # of a live source; then its connection is made anew
FIRST_KEYFRAME_SECONDS = 1.0  # without one, decoding begins at a recovery point

log = logging.getLogger("petcam.feed")


class Player:
    """Passes H.264 on that browsers can play, and transcodes the rest; which of both is looked at again at each
    keyframe. For one connection."""

    def __init__(self, name: str, stream: Any) -> None:
        self._name, self._stream = name, stream
        self._group = _Group()
        self._transcoder: Transcoder | None = None
        self._units = Units(stream)
        self._assembler = Assembler(self._units.parameter_sets)
        self._times = MediaTimes(stream)
        self._damaged = 0  # packets, of transcoders that have ended
        self._last_media_ns: int | None = None

    @property
    def skipped(self) -> int:
        """Units of the stream that were left out as damaged."""
        transcoding = self._transcoder.skipped if self._transcoder else 0
        return self._assembler.skipped + self._damaged + transcoding

    def pictures(self) -> Generator[TimedPicture, None, None]:
        """Until the connection ends. Raises ``BAD_SOURCE``, FFmpeg's errors."""
        if self._stream.codec_context.name != "h264":
            self._begin_transcoding(f"it is {self._stream.codec_context.name}, not H.264")
        before = time.monotonic()
        for packet in self._stream.container.demux(self._stream):
            waited, before = time.monotonic() - before, time.monotonic()
            # At a timeout FFmpeg first gives what it has kept of the last picture, and would then wait once more.
            if waited > MAX_SILENCE_SECONDS:
                raise PetcamError(Code.BAD_SOURCE, f"nothing came for {MAX_SILENCE_SECONDS:g} s")
            if packet.size:
                yield from self._play(packet)

    def _play(self, packet: Any) -> Generator[TimedPicture, None, None]:
        picture, fault = self._look(packet)
        if self._transcoder is None:
            fault = fault or self._group.fault()
            if fault:
                yield from self._transcode_group(fault)
            elif picture is not None:
                yield self._timed(picture, self._times.of(packet))
        elif picture is not None and picture.keyframe and self._may_pass():
            self._end_transcoding()
            yield self._timed(picture, self._times.of(packet))
        else:
            for coded, media_ns in self._transcoder.pictures(packet):
                yield self._timed(coded, media_ns)

    def _look(self, packet: Any) -> tuple[CodedPicture | None, str]:
        """The picture as it came, and why browsers cannot play such; what follows a keyframe is kept for a decoder."""
        if self._stream.codec_context.name != "h264":
            return None, ""
        nals = self._units.of(packet)
        self._group.add(packet, nals, is_kept=self._transcoder is None)
        try:
            return self._assembler.picture(nals), ""
        except NotPlayable as reason:
            return None, str(reason)

    def _may_pass(self) -> bool:
        return self._assembler.is_playable and self._group.was_short

    def _timed(self, picture: CodedPicture, media_ns: int | None) -> TimedPicture:
        self._last_media_ns = media_ns
        return picture, media_ns

    def _transcode_group(self, reason: str) -> Generator[TimedPicture, None, None]:
        """Decode from the last keyframe on, so that nobody waits for the next; what was shown is not shown again."""
        transcoder, shown = self._begin_transcoding(reason), self._last_media_ns
        for packet in self._group.take():
            for coded, media_ns in transcoder.pictures(packet, shown):
                yield self._timed(coded, media_ns)

    def _begin_transcoding(self, reason: str) -> Transcoder:
        log.info("%s: a browser cannot play it live as it is: %s; transcoding to H.264 baseline", self._name, reason)
        self._transcoder = Transcoder(self._name, self._stream)
        return self._transcoder

    def _end_transcoding(self) -> None:
        assert self._transcoder is not None
        log.info("%s: a browser can play it live as it is: no longer transcoding", self._name)
        self._damaged += self._transcoder.skipped
        self._transcoder = None


class _Group:
    """The packets from a keyframe to the next, or from a recovery point where no keyframe comes."""

    def __init__(self) -> None:
        self._packets: list[Any] = []
        self._bytes = 0
        self._began = self._connected = time.monotonic()
        self._has_keyframe = self._has_entry = False
        self.was_short = False  # the last whole one

    def add(self, packet: Any, nals: list[bytes], is_kept: bool) -> None:
        kinds = {annexb.nal_type(nal) for nal in nals}
        if annexb.IDR in kinds:
            self.was_short = self._has_keyframe and not self.fault()
            self._begin()
            self._has_keyframe = self._has_entry = True
        elif not self._has_entry and any(
            sei.RECOVERY_POINT in sei.payload_types(nal) for nal in nals if annexb.nal_type(nal) == annexb.SEI
        ):
            self._begin()
            self._has_entry = True
        if self._has_entry:
            self._bytes += packet.size
            if is_kept:
                self._packets.append(packet)

    def fault(self) -> str:
        """Why a viewer who comes now would wait too long; empty: he would not."""
        lasts = time.monotonic() - self._began
        if not self._has_keyframe:
            late = self._has_entry and time.monotonic() - self._connected > FIRST_KEYFRAME_SECONDS
            return "it has no keyframes" if late else ""
        if lasts > MAX_GROUP_SECONDS or self._bytes > MAX_GROUP_BYTES:
            return f"its keyframes are over {min(lasts, MAX_GROUP_SECONDS):.0f} s apart"
        return ""

    def take(self) -> list[Any]:
        packets, self._packets = self._packets, []
        return packets

    def _begin(self) -> None:
        self._packets, self._bytes, self._began = [], 0, time.monotonic()
