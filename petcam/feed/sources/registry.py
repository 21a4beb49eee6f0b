"""From the word SOURCE to the class that plays it. Each is imported only when it is asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from petcam.errors import Code, PetcamError
from petcam.feed.source import Source
from petcam.feed.sources.unit import Raw

POSSIBLE = "demo, a video file, - (H.264 in Annex-B form on standard input), rpicam, rtsp://..., /dev/videoN"


def find(word: str, detections: str, detector_delay_ms: float, detector_every: int = 1) -> Source:
    """The source that ``word`` names; ``detections`` is the segment that the demo's detector writes.

    Raises :class:`PetcamError`: ``BAD_SOURCE`` where there is no such source, ``UNSUPPORTED`` where PyAV is missing.
    """
    if word == "demo":
        return _demo(detections, detector_delay_ms, detector_every)
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


def raw(word: str) -> AbstractContextManager[Raw]:
    """The source that ``word`` names, opened as ``raw_source`` does. Raises like :func:`find`."""
    from petcam.feed.sources import raw_source, rtsp

    if word not in ("demo", "-", "rpicam") and not rtsp.is_url(word):
        _require_file(word)
    return raw_source.raw(word)


def _require_file(word: str) -> None:
    if not Path(word).exists():
        shown = f"{word.partition('://')[0]}://..." if "://" in word else word  # the rest may hold a password
        raise PetcamError(Code.BAD_SOURCE, f"no such source or file: {shown}; possible are {POSSIBLE}")


def _demo(detections: str, detector_delay_ms: float, detector_every: int) -> Source:
    from petcam.feed.demo import DemoSource
    from petcam.shm.detections import DetectionWriter

    def open_detections() -> DetectionWriter:
        return DetectionWriter(detections, writer_name="petcam feed demo")

    return DemoSource(open_detections, detector_delay_ms, detector_every)


def _readable(make: Callable[[str], Source], path: str) -> Source:
    try:
        return make(path)
    except OSError as error:
        raise PetcamError(Code.BAD_SOURCE, f"{path} cannot be read: {error.strerror}") from error
