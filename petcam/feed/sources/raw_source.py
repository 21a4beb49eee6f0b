"""A source's units as they come, before anything is mended, passed on or transcoded: what ``--probe`` looks at."""

import os
import re
import select
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.feed.sources import annexb_file, rpicam, rtsp, v4l2
from petcam.feed.sources.pyav_live import TIMEOUTS_SECONDS
from petcam.feed.sources.stdin import StdinSource
from petcam.feed.sources.unit import About, Decoded, Raw, Unit
from petcam.feed.sources.video_program import VideoProgram
from petcam.feed.transcoding import MAX_DECODED_PIXELS, Units, frame_rate, is_bare, opened, quarter_turns
from petcam.h264 import annexb, sps
from petcam.media import pyav

NO_H264 = "what comes is no H.264 in Annex-B form: have its encoder write that (ffmpeg: -c:v libx264 -bf 0 -f h264)"
SILENCE_NS = int(0.9 * TIMEOUTS_SECONDS[1] * 1e9)  # FFmpeg waits a little shorter, or longer
RESTART = "switch it off and on again"
MAX_CHUNK_BYTES = 1 << 16
MAX_UNITS = 3000  # of a file: ten seconds at 300 pictures/s
MAX_KEPT_BYTES = 32 << 20  # of packets, to be decoded later
MAX_DECODING_SECONDS = 10.0
SOUND_SECONDS = 3.0  # to connect once more, and from packet to packet
# In FFmpeg's log.
MISSED = re.compile(r"RTP: missed (-?\d+) packets")
DAMAGED = re.compile(r"concealing \d+ DC|error while decoding MB|Frame num gap|Could not find ref")
REFUSED_TCP = "method SETUP failed: 461"


@contextmanager
def raw(word: str) -> Generator[Raw, None, None]:
    """The source that ``word`` names, opened. Raises :class:`PetcamError`."""
    try:
        with _opened(word) as source:
            yield source
    except OSError as error:
        raise PetcamError(Code.BAD_SOURCE, f"{word} cannot be read: {error.strerror}") from error


def _opened(word: str) -> AbstractContextManager[Raw]:
    if rtsp.is_url(word):
        return _container(rtsp.shown(word), word, True, timeout=TIMEOUTS_SECONDS, options=rtsp.OPTIONS)
    if v4l2.is_device(word):
        return _container(word, word, True, timeout=TIMEOUTS_SECONDS, format="v4l2", options=v4l2.options(word))
    if word == "demo":
        raise PetcamError(Code.BAD_SOURCE, "the demo is painted here: there is no camera to look at")
    if word == "-":
        return nullcontext(_Bytes(StdinSource().name, 0))
    return _rpicam() if word == "rpicam" else _file(Path(word))


@contextmanager
def _rpicam() -> Generator[Raw, None, None]:
    with VideoProgram(rpicam.command()) as program:
        source = _Bytes("rpicam", program.stdout)
        yield source
        if not source.count:
            raise PetcamError(Code.BAD_SOURCE, f"no picture came; its program {program.end()}")


@contextmanager
def _file(path: Path) -> Generator[Raw, None, None]:
    if annexb_file.is_annexb(path):
        with path.open("rb") as file:
            yield _Bytes(path.name, file.fileno(), is_live=False)
    else:
        with _container(path.name, str(path), False) as source:
            yield source


@contextmanager
def _container(name: str, url: str, is_live: bool, **options: Any) -> Generator[Raw, None, None]:
    try:
        log = pyav.load(name).logging
        errors, _ = log.get_last_error()
        with opened(name, url, **options) as stream:
            later, last = log.get_last_error()
            refuses_tcp = later > errors and last[2].startswith(REFUSED_TCP)
            yield _Camera(name, url, stream, refuses_tcp) if "://" in url else _Container(name, stream, is_live)
    except PetcamError as error:
        if error.code is not Code.BAD_SOURCE:  # PyAV is missing
            raise
        raise PetcamError(error.code, f"{name}: {error.message}") from None


class _Container:
    """By PyAV. What a live one brings is kept, and decoded once nothing more has to be timed."""

    def __init__(self, name: str, stream: Any, is_live: bool) -> None:
        self._av = pyav.load(name)
        self._stream = stream
        self._nals = Units(stream)
        self._is_bare = is_bare(stream)
        stream.codec_context.options = {"max_pixels": str(MAX_DECODED_PIXELS)}
        stream.codec_context.thread_count = 1  # FFmpeg's log is that of the thread that asks
        self._kept: list[Any] = []
        self._kept_bytes = 0
        self.missed, self.end = 0, ""
        self.parameter_sets = self._nals.parameter_sets
        self.about = _about(name, stream, is_live)

    def units(self, seconds: float) -> Generator[Unit, None, None]:
        is_h264 = self.about.codec == "h264"
        began: int | None = None
        last_ns = time.monotonic_ns()
        for count, packet in enumerate(self._packets(), 1):
            # Without a container FFmpeg makes the timestamps up.
            stamps = (None, None) if self._is_bare else (packet.pts, packet.dts)
            shown_ns, decoded_ns = (_time_ns(stamp, packet.time_base) for stamp in stamps)
            now_ns = time.monotonic_ns()
            if self.about.is_live and now_ns - last_ns > SILENCE_NS:
                break  # it is what FFmpeg had kept of the last picture
            last_ns = now_ns
            at = now_ns if self.about.is_live else decoded_ns
            began = at if began is None else began
            if at - began > seconds * 1e9:
                return
            self._keep(packet)
            nals = tuple(self._nals.of(packet)) if is_h264 else ()
            # FFmpeg counts recovery points as keyframes, too.
            keyframe = any(annexb.nal_type(nal) == annexb.IDR for nal in nals) if nals else bool(packet.is_keyframe)
            yield Unit(nals, packet.size, keyframe, shown_ns, decoded_ns, now_ns)
            if not self.about.is_live and count >= MAX_UNITS:
                return
        if self.about.is_live:
            self.end = _end(time.monotonic_ns() - last_ns)

    def _packets(self) -> Generator[Any, None, None]:
        """With FFmpeg's warnings of packets that did not come; they do not leave this, as they may hold the URL."""
        with self._log(self._av.logging.WARNING) as lines:
            for packet in self._stream.container.demux(self._stream):
                self.missed += sum(max(0, int(found[1])) for line in lines if (found := MISSED.search(line[2])))
                lines.clear()
                if packet.size:
                    yield packet

    @contextmanager
    def _log(self, level: int) -> Generator[list[tuple[int, str, str]], None, None]:
        """What FFmpeg says in this thread, as it comes."""
        log = self._av.logging
        log.set_skip_repeated(False)
        log.set_level(level)
        try:
            with log.Capture() as lines:
                yield lines
        finally:
            log.set_level(log.PANIC)

    def _keep(self, packet: Any) -> None:
        if self._kept_bytes + packet.size <= MAX_KEPT_BYTES and (self._kept or packet.is_keyframe):
            self._kept.append(packet)
            self._kept_bytes += packet.size

    def decoded(self) -> Decoded | None:
        deadline = time.monotonic() + MAX_DECODING_SECONDS
        pictures = damaged = turns = 0
        with self._log(self._av.logging.DEBUG) as lines:  # of a gap it says no more loudly
            for packet in self._kept:
                try:
                    frames = packet.decode()
                except self._av.error.FFmpegError:
                    pictures, damaged = pictures + 1, damaged + 1
                    continue
                is_damaged = any(DAMAGED.search(line[2]) for line in lines)
                lines.clear()
                if frames and not turns:
                    turns = quarter_turns(self._stream, frames[0])
                damaged += sum(is_damaged or bool(frame.is_corrupt) for frame in frames)
                pictures += len(frames)
                if time.monotonic() > deadline:
                    break
        return Decoded(pictures, damaged, turns) if pictures else None

    def sound(self) -> str | None:
        return _sound(self._stream.container)


class _Camera(_Container):
    """Of the network. petcam asks such for video alone, so its sound is asked for behind that, in a connection of its
    own: there are cameras that refuse it."""

    def __init__(self, name: str, url: str, stream: Any, refuses_tcp: bool) -> None:
        super().__init__(name, stream, True)
        self.about = replace(self.about, refuses_tcp=refuses_tcp)
        self._url = url

    def sound(self) -> str | None:
        self._stream.container.close()  # there are cameras that serve one viewer
        options = {**rtsp.OPTIONS, "allowed_media_types": "video+audio", "analyzeduration": "0"}
        try:
            with opened(self.about.name, self._url, timeout=SOUND_SECONDS, options=options) as stream:
                return _sound(stream.container)
        except PetcamError:
            return None


class _Bytes:
    """H.264 in Annex-B form from a file descriptor, which the caller owns."""

    missed, end = 0, ""

    def __init__(self, name: str, fd: int, is_live: bool = True) -> None:
        self._fd = fd
        self.about = About(name, is_live, can_transcode=pyav.is_installed())
        self.parameter_sets: list[bytes] = []
        self.count = 0  # of units

    def units(self, seconds: float) -> Generator[Unit, None, None]:
        """Raises ``BAD_SOURCE`` where what came is something else."""
        splitter, has_come = annexb.Splitter(), False
        for chunk, now_ns in self._chunks(seconds):
            for nals in splitter.push(chunk) if chunk else splitter.flush():
                keyframe = any(annexb.nal_type(nal) == annexb.IDR for nal in nals)
                yield Unit(tuple(nals), sum(map(len, nals)), keyframe, -1, -1, now_ns)
                self.count += 1
                if not self.about.is_live and self.count >= MAX_UNITS:
                    return
            has_come = has_come or bool(chunk)
        if has_come and not self.count:
            raise PetcamError(Code.BAD_SOURCE, f"{self.about.name}: {NO_H264}")

    def decoded(self) -> None:
        return None

    def sound(self) -> str:
        return ""

    def _chunks(self, seconds: float) -> Generator[tuple[bytes, int], None, None]:
        """At the end an empty one. A regular file is always ready, and is read to its end or to ``MAX_UNITS``."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        chunk = b"?"
        while chunk:
            left = deadline - time.monotonic() if self.about.is_live else seconds
            chunk = os.read(self._fd, MAX_CHUNK_BYTES) if left > 0 and poll.poll(left * 1000) else b""
            yield chunk, time.monotonic_ns()


def _about(name: str, stream: Any, is_live: bool) -> About:
    context = stream.codec_context
    rate = stream.average_rate if is_live else frame_rate(stream)
    aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio
    makes_sense = aspect and 1 / sps.MAX_ASPECT <= aspect <= sps.MAX_ASPECT
    return About(
        name,
        is_live,
        codec=context.name,
        size=(context.width, context.height),
        aspect=(aspect.numerator, aspect.denominator) if makes_sense else (1, 1),
        fps=float(rate) if rate and 1 <= rate <= 120 else 0.0,
    )


def _end(silent_ns: int) -> str:
    """Of a live source that was silent for so long. FFmpeg calls silence an end, too."""
    if silent_ns > SILENCE_NS:
        return f"nothing more came for {TIMEOUTS_SECONDS[1]:g} s: {RESTART}, and look at its power, its cable or Wi-Fi"
    return f"it has ended the connection: {RESTART}, and close other programs that watch it"


def _sound(container: Any) -> str:
    for stream in container.streams.audio:
        context = stream.codec_context
        return f"{context.name}, {context.sample_rate} Hz" if context is not None else "of an unknown kind"
    return ""


def _time_ns(stamp: int | None, time_base: Any) -> int:
    return -1 if stamp is None or time_base is None else int(stamp * time_base * 1_000_000_000)
