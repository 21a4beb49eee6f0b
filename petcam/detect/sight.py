"""The picture that is to be looked at next, decoded out of a backlog at no more cost than it is worth."""

import time
from collections.abc import Callable

from petcam.detect.backlog import Backlog
from petcam.detect.pictures import Cutter, DecodedFrame
from petcam.media.decoder import Decoder
from petcam.shm.stream import AccessUnit

REST_NS = 900_000_000  # between two pictures while nothing moves: one each second, a keyframe where there is one,
LONGEST_REST_NS = 1_200_000_000  # any picture where keyframes are rarer
LATEST = 0.1  # how much of a new measurement is taken


class Sight:
    """For one thread. Close the decoder after it."""

    def __init__(self, decoder: Decoder, max_share: float, used: Callable[[], float] = time.process_time) -> None:
        self._decoder, self._used = decoder, used
        self._cutter = Cutter()
        self._backlog = Backlog()
        self._max_share = max_share  # of a core, that decoding every picture may take
        self._unit_seconds = 0.0  # CPU time of decoding one access unit, among others
        self._step_ns = 0.0  # between two captures
        self._captured_ns = 0
        self._seen_ns = 0  # the capture of the picture that was given last

    def add(self, unit: AccessUnit) -> None:
        step = unit.capture_ns - self._captured_ns
        if step < 0:  # a new writer's clock
            self._seen_ns = 0
        if 0 < step < LONGEST_REST_NS:
            self._step_ns += (LATEST if self._step_ns else 1.0) * (step - self._step_ns)
        self._captured_ns = unit.capture_ns
        self._backlog.add(unit)

    def next(self, interval_ns: int, busy: bool) -> tuple[AccessUnit, DecodedFrame] | None:
        """The newest picture if ``interval_ns`` have passed since the last one that was given, and while nothing moves
        (not ``busy``) if it is a cheap one or a second has passed; None where there is none that is due."""
        passed = self._backlog.newest_ns - self._seen_ns
        if not self._backlog or passed < interval_ns:
            return None
        if busy and self._is_affordable():
            return self._decode(len(self._backlog))
        if self._backlog.has_keyframe and passed >= min(REST_NS, interval_ns):
            return self._decode(1)
        if passed >= LONGEST_REST_NS and self._is_affordable():
            return self._decode(len(self._backlog))
        return None

    def _is_affordable(self) -> bool:
        """Whether every picture can be decoded."""
        return not self._step_ns or self._unit_seconds * 1e9 / self._step_ns < self._max_share

    def _decode(self, count: int) -> tuple[AccessUnit, DecodedFrame] | None:
        found = None
        before = self._used()
        units = self._backlog.take(count)
        for unit in units:
            frame = self._decoder.feed(unit)
            if frame is not None:
                found = frame
        if len(units) > 1:
            took = (self._used() - before) / len(units)
            self._unit_seconds += (LATEST if self._unit_seconds else 1.0) * (took - self._unit_seconds)
        self._seen_ns = units[-1].capture_ns
        shown = next((unit for unit in units if found is not None and unit.capture_ns == found.pts), None)
        if found is None or shown is None:
            return None
        return shown, DecodedFrame(found, self._decoder.aspect, shown.capture_ns, self._cutter)
