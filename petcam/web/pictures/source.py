"""Where pictures come from: the H.264 stream, decoded, or what an RDK X5's daemon has for others already."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from petcam import segments
from petcam.errors import Code, PetcamError
from petcam.shm.rdk_x5 import JPEG, NAME, RawPicture, RdkPictureReader, format_of

SHOW_EVERY = 1.0  # seconds; a decoder that never catches up shows something that often
LONGEST_SILENCE = 2.0  # seconds; then the other source is tried


@dataclass(frozen=True)
class Still:
    """A picture of the camera. ``frame`` makes PyAV's of it; ``jpeg`` is there where no decoding is needed."""

    capture_ns: int
    frame: Callable[[], Any]
    jpeg: bytes = b""


class Source(Protocol):
    def read(self, timeout: float) -> Still | None:
        """The newest picture; None where there is none (yet)."""


class Decoded:
    """The stream's access units (``reader``), all decoded; of those that are waiting only the newest is shown."""

    def __init__(self, reader: Any) -> None:
        from petcam.media.jpeg import Decoder  # here: PyAV is optional, and costs memory

        self._reader, self._decoder = reader, Decoder()
        self._ahead: Any = None
        self._shown_at = time.monotonic()

    def read(self, timeout: float) -> Still | None:
        unit = self._ahead or self._reader.read(timeout)
        if unit is None:
            return None
        frame = self._decoder.feed(unit)
        self._ahead = self._reader.read(0)
        if frame is None or (self._ahead is not None and time.monotonic() - self._shown_at < SHOW_EVERY):
            return None
        self._shown_at = time.monotonic()
        return Still(frame.pts, lambda: frame)


class Direct:
    """The pictures of ``reader`` (:class:`RdkPictureReader`) as they are; ``first`` has been read already."""

    def __init__(self, reader: RdkPictureReader, first: RawPicture) -> None:
        self._reader = reader
        self._first: RawPicture | None = first
        self._seen_at = time.monotonic()

    def read(self, timeout: float) -> Still | None:
        """Raises ``BAD_SEGMENT`` once nothing has come for a while."""
        raw = self._first or self._reader.read(timeout)
        self._first = None
        if raw is not None:
            self._seen_at = time.monotonic()
            return _still(raw)
        if time.monotonic() - self._seen_at > LONGEST_SILENCE:
            raise PetcamError(Code.BAD_SEGMENT, f"{self._reader.name}: no picture for {LONGEST_SILENCE:g} s")
        return None


class Cameras:
    """Opens the source for ``layout``; ``pictures`` is the segment of an RDK X5's daemon that needs no decoding."""

    def __init__(self, layout: str, stream: str, pictures: str = NAME) -> None:
        self._layout, self._stream = layout, stream
        self._pictures = pictures if layout == "rdk-x5" else ""

    @contextmanager
    def open(self) -> Iterator[Source]:
        if self._pictures and format_of(self._pictures) is not None:
            with RdkPictureReader(self._pictures) as pictures:
                first = pictures.read(LONGEST_SILENCE / 2)
                if first is not None:
                    yield Direct(pictures, first)
                    return
        with segments.stream_reader(self._layout, self._stream) as reader:
            yield Decoded(reader)

    def gives_jpeg(self) -> bool:
        """Whether pictures come without PyAV."""
        return bool(self._pictures) and format_of(self._pictures) == JPEG


def _still(raw: RawPicture) -> Still:
    from_jpeg = raw.format == JPEG

    @cache  # one decoding for all views
    def frame() -> Any:
        from petcam.media import jpeg

        return jpeg.jpeg_frame(raw.data) if from_jpeg else jpeg.nv12_frame(raw.data, raw.width, raw.height)

    return Still(raw.capture_ns, frame, raw.data if from_jpeg else b"")
