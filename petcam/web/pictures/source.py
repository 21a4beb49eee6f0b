"""Where pictures come from: the decoded H.264 stream, or the pictures that an RDK X5's daemon provides ready made."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from petcam import segments
from petcam.errors import Code, PetcamError
from petcam.media.budget import PictureBudget
from petcam.shm.base_reader import Gate
from petcam.shm.keyframe_search import no_keyframe
from petcam.shm.layout import STALE_NS
from petcam.shm.rdk_x5 import JPEG, MAX_DATA, MAX_PIXELS, NAME, RawPicture, RdkPictureReader, format_of
from petcam.shm.silence import PACE_COUNT, silent_after_ns

MAX_SHOW_INTERVAL_SECONDS = 1.0  # a decoder that never catches up still shows a picture this often
MIN_SILENCE_SECONDS = 2.0  # before the other source is tried
MAX_WAIT_SECONDS = 4.0  # until other pictures have given back what ready ones need
# A ready picture twice, as it is read and as it was read before, and decoded: a progressive JPEG without subsampling
# takes 9 bytes for each pixel.
RDK_BYTES = 2 * MAX_DATA + 9 * MAX_PIXELS


@dataclass(frozen=True)
class CameraPicture:
    """A picture of the camera. ``frame()`` is PyAV's frame of it; ``jpeg`` is set where no decoding is needed.
    ``aspect`` is the width and height of a pixel; the camera is silent ``silent_after_ns`` without a picture."""

    capture_ns: int
    frame: Callable[[], Any]
    jpeg: bytes = b""
    aspect: tuple[int, int] = (1, 1)
    silent_after_ns: int = STALE_NS


class Source(Protocol):
    def read(self, timeout: float) -> CameraPicture | None:
        """The latest picture; None where there is none (yet)."""

    def trouble(self) -> PetcamError | None:
        """Why it has none, after ``read`` gave none, where that is known."""


class StreamSource:
    """The H.264 stream of ``reader`` by a ``Decoder``. Every access unit is decoded; of those that are waiting, the
    latest is shown."""

    def __init__(self, reader: Any, decoder: Any) -> None:
        self._reader, self._decoder = reader, decoder
        self._next_unit: Any = None
        self._shown_at = time.monotonic()

    def read(self, timeout: float) -> CameraPicture | None:
        unit = self._next_unit or self._reader.read(timeout)
        if unit is None:
            return None
        frame = self._decoder.feed(unit)
        self._next_unit = self._reader.read(0)
        if frame is None or (
            self._next_unit is not None and time.monotonic() - self._shown_at < MAX_SHOW_INTERVAL_SECONDS
        ):
            return None
        self._shown_at = time.monotonic()
        silent_after_ns = self._reader.silent_after_ns()
        return CameraPicture(frame.pts, lambda: frame, aspect=self._decoder.aspect, silent_after_ns=silent_after_ns)

    def trouble(self) -> PetcamError | None:
        return no_keyframe(self._reader.seconds_without_keyframe())


class RdkPictureSource:
    """The pictures of an RDK X5's daemon; ``first`` was read from ``reader`` before."""

    def __init__(self, reader: RdkPictureReader, first: RawPicture) -> None:
        self._reader = reader
        self._first: RawPicture | None = first
        self._seen_at = time.monotonic()
        self._captured: deque[int] = deque(maxlen=PACE_COUNT)

    def read(self, timeout: float) -> CameraPicture | None:
        """Raises ``BAD_SEGMENT`` where the camera is silent."""
        raw = self._first or self._reader.read(timeout)
        self._first = None
        if raw is not None:
            self._seen_at = time.monotonic()
            self._captured.append(raw.capture_ns)
            return _camera_picture(raw, silent_after_ns(self._captured))
        patience = max(MIN_SILENCE_SECONDS, silent_after_ns(self._captured) / 1e9)
        if time.monotonic() - self._seen_at > patience:
            raise PetcamError(Code.BAD_SEGMENT, f"{self._reader.name}: no picture for {patience:g} s")
        return None

    def trouble(self) -> PetcamError | None:
        return None  # each picture stands for itself


class SourceSelector:
    """Opens the right source for ``layout``; ``pictures`` is the segment with an RDK X5 daemon's pictures."""

    def __init__(self, layout: str, stream: str, pictures: str = NAME, gate: Gate | None = None) -> None:
        self._layout, self._stream, self._gate = layout, stream, gate
        self._pictures = pictures if layout == "rdk-x5" else ""

    @contextmanager
    def open(self, budget: PictureBudget) -> Iterator[Source]:
        """Raises ``BUSY`` where other pictures take the memory; the source too, and ``UNSUPPORTED`` of too large
        pictures."""
        if self._pictures and format_of(self._pictures) is not None:
            with budget.wait(RDK_BYTES, MAX_WAIT_SECONDS), RdkPictureReader(self._pictures) as pictures:
                pictures.gate = self._gate
                first = pictures.read(MIN_SILENCE_SECONDS / 2)
                if first is not None:
                    yield RdkPictureSource(pictures, first)
                    return
        with segments.stream_reader(self._layout, self._stream, self._gate) as reader:
            from petcam.media.decoder import Decoder  # here: PyAV is optional, and costs memory

            with Decoder(budget) as decoder:
                yield StreamSource(reader, decoder)

    def gives_jpeg(self) -> bool:
        """Whether there are JPEG pictures, which can be shown without PyAV."""
        return bool(self._pictures) and format_of(self._pictures) == JPEG


def _camera_picture(raw: RawPicture, silent_after_ns: int) -> CameraPicture:
    from_jpeg = raw.format == JPEG

    @cache  # decode once for all renditions
    def frame() -> Any:
        from petcam.media import jpeg

        if from_jpeg:
            return jpeg.jpeg_frame(raw.data, raw.width, raw.height)
        return jpeg.nv12_frame(raw.data, raw.width, raw.height)

    return CameraPicture(raw.capture_ns, frame, raw.data if from_jpeg else b"", silent_after_ns=silent_after_ns)
