"""One rendition of the pictures, made once for all who want it. For the decoding thread only, except ``latest``."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from petcam.web.pictures.draw_boxes import draw_boxes
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import FrameRateLimiter, Picture, PictureOptions
from petcam.web.pictures.source import CameraPicture

MAX_HOLD_NS = 250_000_000  # for which a picture is held for its boxes, which come some tens of milliseconds later
MAX_BOX_AGE_NS = 500_000_000  # of boxes that are drawn where a picture has none of its own, as on the page


class Rendition:
    def __init__(self, options: PictureOptions) -> None:
        self.options = options
        self.latest: Latest[Picture] = Latest()
        self._limiter = FrameRateLimiter(1)
        self._held: deque[tuple[int, Any]] = deque()  # capture_ns and scaled frame, oldest first
        self._encoder: Any = None

    def set_rate(self, fps: float) -> None:
        """``fps`` is the highest rate that is wanted."""
        if self._limiter.interval_ns != int(1e9 / fps):
            self._limiter = FrameRateLimiter(fps)

    @property
    def has_held_pictures(self) -> bool:
        return bool(self._held)

    def take(self, picture: CameraPicture) -> None:
        """Publish it where it is due, or hold it for its boxes."""
        if self.options.boxes:
            self._held.append((picture.capture_ns, self._scaled(picture)))
        elif self._limiter.is_due(picture.capture_ns):
            self._publish(picture.capture_ns, self._jpeg_without_boxes(picture))

    def show_held(self, results: Sequence[Any], now_ns: int) -> None:
        """Publish held pictures that have got their boxes or were held long enough.

        ``results`` are the latest ``Detections``, oldest first. The detector may process fewer pictures than are due:
        those that it did process are preferred.
        """
        while self._held:
            capture_ns, frame = self._held[0]
            before = [result for result in results if result.capture_ns <= capture_ns]
            exact = bool(before) and before[-1].capture_ns == capture_ns
            skipped = len(before) < len(results)
            if not (
                exact or skipped or now_ns - capture_ns > MAX_HOLD_NS or not detector_is_alive(results, capture_ns)
            ):
                return
            self._held.popleft()
            if self._limiter.is_due(capture_ns, 0.4 if exact else -0.4 if skipped else 0.0):
                if before and capture_ns - before[-1].capture_ns < MAX_BOX_AGE_NS:
                    draw_boxes(frame, before[-1])
                self._publish(capture_ns, self._encoder.encode(frame))

    def _publish(self, capture_ns: int, jpeg: bytes) -> None:
        self._limiter.mark_taken(capture_ns)
        if jpeg:
            self.latest.publish(Picture(jpeg, capture_ns))

    def _jpeg_without_boxes(self, picture: CameraPicture) -> bytes:
        """A JPEG that the camera made is used as it is."""
        if picture.jpeg and not self.options.width:
            return picture.jpeg
        scaled = self._scaled(picture)
        encoded: bytes = self._encoder.encode(scaled)
        return encoded

    def _scaled(self, picture: CameraPicture) -> Any:
        if self._encoder is None:
            from petcam.media.jpeg import Encoder  # here: PyAV is optional, and costs memory

            self._encoder = Encoder(self.options.width)
        return self._encoder.scale(picture.frame())


def detector_is_alive(results: Sequence[Any], capture_ns: int) -> bool:
    """Whether there was a result shortly before ``capture_ns``; else a picture need not wait for the detector."""
    return bool(results) and capture_ns - results[-1].capture_ns < 2 * MAX_BOX_AGE_NS
