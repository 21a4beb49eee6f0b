"""Pictures that wait for their boxes: one frame for all renditions with boxes. For the decoding thread only."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from petcam.media.budget import PictureBudget, Share
from petcam.web.pictures.detector_pace import keeps_up
from petcam.web.pictures.source import CameraPicture

MAX_HOLD_NS = 250_000_000  # for which a picture is held for its boxes, which come some tens of milliseconds later
MAX_PAUSE_NS = 1_000_000_000  # of a detector that pictures are held for
NEWEST_BYTES = 4 * 2**20  # of the budget that held pictures leave to those that are shown


class Ready(NamedTuple):
    """A picture that is to be shown, with the results up to it, oldest first."""

    capture_ns: int
    frame: Any
    before: Sequence[Any]
    exact: bool  # the last of them is this picture's own
    skipped: bool  # the detector has gone on to a later picture


class _Held:
    def __init__(self, capture_ns: int, frame: Any) -> None:
        self.capture_ns, self.frame = capture_ns, frame
        self.share: Share | None = None


class HeldPictures:
    """A queue whose frames take no more than the budget allows; over that the oldest do not wait any longer."""

    def __init__(self, budget: PictureBudget) -> None:
        self._budget = budget
        self._scaler: Any = None
        self._width = -1  # that the scaler makes
        self._held: deque[_Held] = deque()  # oldest first; all but the newest have their share

    def __len__(self) -> int:
        return len(self._held)

    def add(self, picture: CameraPicture, width: int) -> None:
        """Hold it in the ``width`` that the widest rendition needs (0: the camera's)."""
        if self._scaler is None or width != self._width:
            from petcam.media.jpeg import Scaler  # here: PyAV is optional, and costs memory

            self._scaler, self._width = Scaler(width), width
        self._held.append(_Held(picture.capture_ns, self._scaler.scale(picture.frame(), picture.aspect)))

    def ready(self, results: Sequence[Any], now_ns: int) -> Iterator[Ready]:
        """Those that have got their boxes, were held long enough, or have to make room, and all where the detector is
        slow; ``results`` are the latest ``Detections``, oldest first. To be gone through before the next ``add``."""
        slow = not keeps_up(results, MAX_HOLD_NS)
        while self._held:
            has_room = self._pay_for_newest()
            capture_ns, frame = self._held[0].capture_ns, self._held[0].frame
            before = [result for result in results if result.capture_ns <= capture_ns]
            exact = bool(before) and before[-1].capture_ns == capture_ns
            skipped = len(before) < len(results)
            late = now_ns - capture_ns > MAX_HOLD_NS or not detector_is_alive(results, capture_ns)
            if has_room and not (exact or skipped or late or slow):
                return
            yield Ready(capture_ns, frame, before, exact, skipped)
            del frame
            self._drop_oldest()

    def clear(self) -> None:
        while self._held:
            self._drop_oldest()

    def _pay_for_newest(self) -> bool:
        newest = self._held[-1]
        if newest.share is None:
            newest.share = self._budget.take(bytes_of(newest.frame), leave=NEWEST_BYTES)
        return newest.share is not None

    def _drop_oldest(self) -> None:
        share = self._held.popleft().share
        if share is not None:
            share.release()


def bytes_of(frame: Any) -> int:
    """Of a frame in YUV 4:2:0."""
    return int(frame.width * frame.height) * 3 // 2


def detector_is_alive(results: Sequence[Any], capture_ns: int) -> bool:
    """Whether there was a result shortly before ``capture_ns``; else a picture need not wait for the detector."""
    return bool(results) and capture_ns - results[-1].capture_ns < MAX_PAUSE_NS
