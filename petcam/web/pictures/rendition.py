"""One rendition of the pictures, made once for all who want it. For the decoding thread only, except ``latest``
and ``close``."""

import threading
from typing import Any

from petcam.media.budget import PictureBudget, Share
from petcam.media.draw_boxes import draw_boxes
from petcam.web.pictures.detector_pace import max_box_age_ns
from petcam.web.pictures.held import Ready
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import MAX_LIVE_AGE_NS, FrameRateLimiter, Picture, PictureOptions
from petcam.web.pictures.source import CameraPicture


class Rendition:
    def __init__(self, options: PictureOptions, budget: PictureBudget) -> None:
        self.options = options
        self.latest: Latest[Picture] = Latest()
        self.max_age_ns = MAX_LIVE_AGE_NS  # of the pictures to come
        self._budget = budget
        self._lock = threading.Lock()
        self._share: Share | None = None  # for the latest picture; guarded by _lock, like the one below
        self._closed = False
        self._limiter = FrameRateLimiter(1)
        self._scaler: Any = None

    def set_rate(self, fps: float) -> None:
        """``fps`` is the highest rate that is wanted."""
        if self._limiter.interval_ns != int(1e9 / fps):
            self._limiter = FrameRateLimiter(fps)

    def show(self, picture: CameraPicture, encoder: Any) -> None:
        """Publish it where it is due, without boxes; a JPEG that the camera made is used as it is."""
        if not self._limiter.is_due(picture.capture_ns):
            return
        ready_made = b"" if self.options.width else picture.jpeg
        self._publish(picture.capture_ns, ready_made or self._encoded(picture, encoder))

    def show_with_boxes(self, ready: Ready, encoder: Any) -> None:
        """The detector may process fewer pictures than are due: those that it did process are preferred."""
        early = 0.4 if ready.exact else -0.4 if ready.skipped else 0.0
        if not self._limiter.is_due(ready.capture_ns, early):
            return
        frame = self._scaled(ready.frame)
        if ready.before and ready.capture_ns - ready.before[-1].capture_ns < max_box_age_ns(ready.before):
            draw_boxes(frame, ready.before[-1])
        self._publish(ready.capture_ns, encoder().encode(frame))

    def _encoded(self, picture: CameraPicture, encoder: Any) -> bytes:
        jpeg: bytes = encoder().encode(self._scaled(picture.frame(), picture.aspect))
        return jpeg

    def close(self) -> None:
        """Nobody looks any more; for any thread."""
        with self._lock:
            self._closed = True
            self._swap(None)

    def _publish(self, capture_ns: int, jpeg: bytes) -> None:
        """A picture for which there is no room is left out."""
        self._limiter.mark_taken(capture_ns)
        with self._lock:
            share = self._budget.take(len(jpeg)) if jpeg and not self._closed else None
            if share is not None:
                self.latest.publish(Picture(jpeg, capture_ns, self.max_age_ns))
                self._swap(share)

    def _swap(self, share: Share | None) -> None:
        """Called with the lock held."""
        before, self._share = self._share, share
        if before is not None:
            before.release()

    def _scaled(self, frame: Any, aspect: tuple[int, int] = (1, 1)) -> Any:
        if self._scaler is None:
            from petcam.media.jpeg import Scaler  # here: PyAV is optional, and costs memory

            self._scaler = Scaler(self.options.width)
        return self._scaler.scale(frame, aspect)
