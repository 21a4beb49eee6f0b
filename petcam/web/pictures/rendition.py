"""One view of the pictures, made once for all who look at it. Used by the decoding thread, but for ``latest``."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from petcam.web.pictures.draw_boxes import draw_boxes
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import Cadence, Picture, View
from petcam.web.pictures.source import Still

LONGEST_HOLD_NS = 250_000_000  # a picture waits so long for its boxes, which come some tens of milliseconds after it
OLDEST_BOXES_NS = 500_000_000  # boxes this old are still drawn where a picture has none of its own, as on the page


class Rendition:
    def __init__(self, view: View) -> None:
        self.view = view
        self.latest: Latest[Picture] = Latest()
        self._cadence = Cadence(1)
        self._held: deque[tuple[int, Any]] = deque()  # capture_ns and scaled frame, oldest first
        self._encoder: Any = None

    def set_rate(self, fps: float) -> None:
        """The fastest of those who look."""
        if self._cadence.interval_ns != int(1e9 / fps):
            self._cadence = Cadence(fps)

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def take(self, still: Still) -> None:
        """Show it where it is due, or hold it for its boxes."""
        if self.view.boxes:
            self._held.append((still.capture_ns, self._scaled(still)))
        elif self._cadence.is_due(still.capture_ns):
            self._publish(still.capture_ns, self._plain(still))

    def show_held(self, results: Sequence[Any], now_ns: int) -> None:
        """Show what has got its boxes or has waited long enough. ``results``: the latest ``Detections``, oldest first.

        The detector may look at fewer pictures than are due: those that it did look at go first.
        """
        while self._held:
            capture_ns, frame = self._held[0]
            before = [result for result in results if result.capture_ns <= capture_ns]
            exact = bool(before) and before[-1].capture_ns == capture_ns
            passed_over = len(before) < len(results)
            if not (
                exact
                or passed_over
                or now_ns - capture_ns > LONGEST_HOLD_NS
                or not detector_is_alive(results, capture_ns)
            ):
                return
            self._held.popleft()
            if self._cadence.is_due(capture_ns, 0.4 if exact else -0.4 if passed_over else 0.0):
                if before and capture_ns - before[-1].capture_ns < OLDEST_BOXES_NS:
                    draw_boxes(frame, before[-1])
                self._publish(capture_ns, self._encoder.encode(frame))

    def _publish(self, capture_ns: int, jpeg: bytes) -> None:
        self._cadence.took(capture_ns)
        if jpeg:
            self.latest.publish(Picture(jpeg, capture_ns))

    def _plain(self, still: Still) -> bytes:
        """A JPEG that the camera made is passed on as it is."""
        if still.jpeg and not self.view.width:
            return still.jpeg
        scaled = self._scaled(still)
        encoded: bytes = self._encoder.encode(scaled)
        return encoded

    def _scaled(self, still: Still) -> Any:
        if self._encoder is None:
            from petcam.media.jpeg import Encoder  # here: PyAV is optional, and costs memory

            self._encoder = Encoder(self.view.width)
        return self._encoder.scale(still.frame())


def detector_is_alive(results: Sequence[Any], capture_ns: int) -> bool:
    """Whether the detector gave results shortly before: only then is it worth waiting for."""
    return bool(results) and capture_ns - results[-1].capture_ns < 2 * OLDEST_BOXES_NS
