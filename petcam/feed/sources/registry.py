"""From the word SOURCE to the class that plays it. Each is imported only when it is asked for."""

import os
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol, runtime_checkable

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import SoundPacket, SoundSource, Stop
from petcam.feed.source import Source
from petcam.feed.sources.unit import Raw

POSSIBLE = "demo, a video file, - (H.264 in Annex-B form on standard input), rpicam, rtsp://..., /dev/videoN"


def find(
    word: str, detections: str | None, detector_delay_ms: float, detector_every: int = 1, restless: bool = False
) -> Source:
    """The source that ``word`` names; ``detections`` is the segment that the demo's detector writes, None: it has none.
    ``restless`` is for the demo, too: its cat is never away for long.

    Raises :class:`PetcamError`: ``BAD_SOURCE`` where there is no such source, ``UNSUPPORTED`` where PyAV is missing.
    """
    if word == "demo":
        return _demo(detections, detector_delay_ms, detector_every, restless)
    if word == "-":
        from petcam.feed.sources.stdin import StdinSource

        return StdinSource()
    if word == "rpicam":
        from petcam.feed.sources.rpicam import RpicamSource

        return RpicamSource()
    from petcam.feed.sources import rtsp, v4l2

    if rtsp.is_url(word):
        return rtsp.source(word)
    if v4l2.is_device(word):
        return _readable(v4l2.source, word)
    _require_file(word)
    from petcam.feed.sources.file import FileSource

    return _readable(FileSource, word)


def require_picture(source: Source) -> None:
    """Raises ``BAD_SOURCE`` where ``source`` will never show a picture, however often it is started. Only of a file can
    that be known: a camera may be switched on later."""
    from petcam.feed.sources.file import FileSource

    if isinstance(source, FileSource):
        source.require_picture()


@runtime_checkable
class _WithSound(Protocol):
    def sound(self) -> SoundSource | None: ...


def sound_of(source: Source) -> SoundSource:
    """The sound that ``source`` brings with its pictures, or one that says that it brings none; to be asked before it
    is started."""
    sound = source.sound() if isinstance(source, _WithSound) else None
    return sound or _NoSound(source.name)


class _NoSound:
    def __init__(self, name: str) -> None:
        self.name = f"the sound of {name}"
        self._source = name

    def packets(self, stop: Stop) -> Generator[SoundPacket, None, None]:
        remedy = "set camera.microphone to a microphone of this machine's: petcam sources lists them"
        raise PetcamError(Code.BAD_SOURCE, f"{self._source} has no sound of its own: {remedy}")


def fault_of_service(word: str) -> str:
    """Why a service can never play the source that ``word`` names, whatever there is on this machine; empty: it may."""
    from petcam.feed.sources import rtsp

    if rtsp.is_url(word):
        try:
            rtsp.shown(word)
        except PetcamError as error:
            return error.message
    elif word == "-":
        return "a service has no standard input; let the program that writes it run petcam feed -"
    elif word not in ("", "demo", "rpicam") and not word.startswith("/"):
        return f"{word}: a service needs the whole path of a file, from its first / on; possible are {POSSIBLE}"
    return ""


def raw(word: str) -> AbstractContextManager[Raw]:
    """The source that ``word`` names, opened as ``raw_source`` does. Raises like :func:`find`."""
    from petcam.feed.sources import raw_source, rtsp

    if word not in ("demo", "-", "rpicam") and not rtsp.is_url(word):
        _require_file(word)
    return raw_source.raw(word)


def _require_file(word: str) -> None:
    try:
        os.stat(word)
    except FileNotFoundError:
        scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/*", word)
        shown = f"{scheme[0]}..." if scheme else word  # the rest may hold a password
        message = f"no such source or file: {shown}; possible are {POSSIBLE}"
        raise PetcamError(Code.BAD_SOURCE, message) from None
    except OSError as error:
        raise PetcamError(Code.BAD_SOURCE, f"{word} cannot be read: {error.strerror}") from error


def _demo(detections: str | None, detector_delay_ms: float, detector_every: int, restless: bool) -> Source:
    from petcam.feed.demo import DemoSource
    from petcam.shm.detections import DetectionWriter

    def open_detections(name: str) -> DetectionWriter:
        return DetectionWriter(name, writer_name="petcam feed demo")

    opened = None if detections is None else partial(open_detections, detections)
    return DemoSource(opened, detector_delay_ms, detector_every, restless)


def _readable(make: Callable[[str], Source], path: str) -> Source:
    try:
        return make(path)
    except OSError as error:
        raise PetcamError(Code.BAD_SOURCE, f"{path} cannot be read: {error.strerror}") from error
