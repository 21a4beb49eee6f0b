"""A live stream's pictures as browsers can play them, whatever the camera sends and changes."""

import logging
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding.container import BareStream, TimedPicture
from petcam.feed.transcoding.live_unit import LiveUnit
from petcam.feed.transcoding.transcoder import Transcoder
from petcam.h264 import Assembler, CodedPicture, NotPlayable, annexb, sei
from petcam.media import pyav

MAX_GROUP_SECONDS = 12.0  # from keyframe to keyframe: a viewer and a recorder begin at one
MAX_GROUP_BYTES = 8 * 1024 * 1024  # half of what the shared memory holds
FIRST_KEYFRAME_SECONDS = 1.0  # without one, decoding begins at a recovery point

log = logging.getLogger("petcam.feed")


class Player:
    """Passes H.264 on that browsers can play, and transcodes the rest; which of both is looked at again at each
    keyframe. For one connection.

    Without ``stream`` (PyAV's) it is H.264 without a container; then PyAV is loaded only where it has to be transcoded.
    """

    def __init__(self, name: str, stream: Any = None, parameter_sets: list[bytes] | None = None) -> None:
        self._name, self._stream = name, stream
        self._is_h264 = stream is None or stream.codec_context.name == "h264"
        self._group = _Group()
        self._transcoder: Transcoder | None = None
        self._may_transcode = True
        self._assembler = Assembler(parameter_sets)
        self._damaged = 0  # packets, of transcoders that have ended
        self._last_media_ns: int | None = None
        if not self._is_h264:
            self._begin_transcoding(f"it is {stream.codec_context.name}, not H.264")

    @property
    def skipped(self) -> int:
        """Units of the stream that were left out as damaged."""
        transcoding = self._transcoder.skipped if self._transcoder else 0
        return self._assembler.skipped + self._damaged + transcoding

    def play(self, unit: LiveUnit) -> Generator[TimedPicture, None, None]:
        """The pictures that ``unit`` completes. Raises ``BAD_SOURCE``, FFmpeg's errors."""
        picture, fault = self._look(unit)
        if self._transcoder is None and self._begins_to_transcode(fault):
            yield from self._transcode_group()
        elif self._transcoder is not None and not (picture is not None and picture.keyframe and self._may_pass()):
            yield from self._transcoded(unit)
        elif picture is not None:
            self._end_transcoding()
            yield self._timed(picture, unit.media_ns)

    def _look(self, unit: LiveUnit) -> tuple[CodedPicture | None, str]:
        """The picture as it came, and why browsers cannot play such; what follows a keyframe is kept for a decoder."""
        if not self._is_h264:
            return None, ""
        self._group.add(unit, is_kept=self._transcoder is None and self._may_transcode)
        try:
            return self._assembler.picture(unit.nals), ""
        except NotPlayable as reason:
            return None, str(reason)

    def _may_pass(self) -> bool:
        return self._assembler.is_playable and self._group.was_short

    def _timed(self, picture: CodedPicture, media_ns: int | None) -> TimedPicture:
        self._last_media_ns = media_ns
        return picture, media_ns

    def _transcode_group(self) -> Generator[TimedPicture, None, None]:
        """Decode from the last keyframe on, so that nobody waits for the next; what was shown is not shown again."""
        shown = self._last_media_ns
        for unit in self._group.take():
            yield from self._transcoded(unit, shown)

    def _transcoded(self, unit: LiveUnit, after_ns: int | None = None) -> Generator[TimedPicture, None, None]:
        assert self._transcoder is not None
        packet = self._transcoder.packet(unit.data, unit.media_ns)
        for coded, media_ns in self._transcoder.pictures(packet, after_ns):
            yield self._timed(coded, media_ns)

    def _begins_to_transcode(self, fault: str) -> bool:
        reason = fault or (self._group.fault() if self._may_transcode else "")
        if not reason:
            return False
        if self._stream is None and not pyav.is_installed():
            self._do_without(fault)
            return False
        self._begin_transcoding(reason)
        return True

    def _begin_transcoding(self, reason: str) -> None:
        log.info("%s: a browser cannot play it live as it is: %s; transcoding to H.264 baseline", self._name, reason)
        self._stream = self._stream or BareStream(self._name)
        self._transcoder = Transcoder(self._name, self._stream)

    def _do_without(self, fault: str) -> None:
        if fault:
            remedy = f"make it send baseline, main or high without B-frames, or let petcam transcode it: {pyav.REMEDY}"
            raise PetcamError(Code.BAD_SOURCE, f"a browser cannot play this live: {fault}; {remedy}")
        self._may_transcode = False
        remedy = f"make it send one every second or two, or let petcam transcode it: {pyav.REMEDY}"
        log.warning("%s: %s: viewers and recordings have to wait for one; %s", self._name, self._group.fault(), remedy)

    def _end_transcoding(self) -> None:
        if self._transcoder is None:
            return
        log.info("%s: a browser can play it live as it is: no longer transcoding", self._name)
        self._damaged += self._transcoder.skipped
        self._transcoder = None


class _Group:
    """The access units from a keyframe to the next, or from a recovery point where no keyframe comes."""

    def __init__(self) -> None:
        self._units: list[LiveUnit] = []
        self._bytes = 0
        self._connected_ns: int | None = None  # arrivals
        self._began_ns = self._newest_ns = 0
        self._has_keyframe = self._has_entry = False
        self.was_short = False  # the last whole one

    def add(self, unit: LiveUnit, is_kept: bool) -> None:
        self._connected_ns = self._connected_ns or unit.arrival_ns
        self._newest_ns = unit.arrival_ns
        if any(annexb.nal_type(nal) == annexb.IDR for nal in unit.nals):
            self.was_short = self._has_keyframe and not self.fault()
            self._begin()
            self._has_keyframe = self._has_entry = True
        elif not self._has_entry and _is_recovery_point(unit.nals):
            self._begin()
            self._has_entry = True
        if self._has_entry:
            self._bytes += len(unit.data)
            if is_kept:
                self._units.append(replace(unit, nals=[]))

    def fault(self) -> str:
        """Why a viewer who comes now would wait too long; empty: he would not."""
        if not self._has_keyframe:
            waited = (self._newest_ns - (self._connected_ns or 0)) / 1e9
            return "it has no keyframes" if self._has_entry and waited > FIRST_KEYFRAME_SECONDS else ""
        lasts = (self._newest_ns - self._began_ns) / 1e9
        if lasts > MAX_GROUP_SECONDS or self._bytes > MAX_GROUP_BYTES:
            return f"its keyframes are over {min(lasts, MAX_GROUP_SECONDS):.0f} s apart"
        return ""

    def take(self) -> list[LiveUnit]:
        units, self._units = self._units, []
        return units

    def _begin(self) -> None:
        self._units, self._bytes, self._began_ns = [], 0, self._newest_ns


def _is_recovery_point(nals: list[bytes]) -> bool:
    return any(sei.RECOVERY_POINT in sei.payload_types(nal) for nal in nals if annexb.nal_type(nal) == annexb.SEI)
