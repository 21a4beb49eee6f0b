"""A model ready to look: its runtime, its family's way with pictures and boxes, and its classes' names."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from petcam.detect.model.graph import Floats
from petcam.detect.model.head import Head, Picture
from petcam.detect.model.runtime import Runtime
from petcam.detect.model.suppression import suppressed

MOST_FOUND = 32

_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """A thing in a picture. Edges are parts (0 to 1) of the picture, within it; the score is 0 to 1."""

    class_name: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class Model:
    """A detector. For one thread at a time: it has one set of arrays for all looks.

    ``name`` is for people ("pets.onnx (SSD 300x300, numpy)"), ``width`` and ``height`` are pixels of its input,
    ``classes`` the names that it can say at all.
    """

    def __init__(self, file_name: str, runtime: Runtime, head: Head, names: Sequence[str | None]) -> None:
        """``names`` has for each score of the model its class, None where nobody wants to know."""
        self._runtime, self._head = runtime, head
        self.height, self.width = runtime.input.shape[2:]
        self.name = f"{file_name} ({head.family} {self.width}x{self.height}, {runtime.name})"
        self._wanted = {name: at for at, name in enumerate(names) if name is not None}
        self.classes = tuple(self._wanted)
        self._nonsense_told = False

    def find(self, picture: Picture, least: float) -> list[Found]:
        """What is in a picture, (height, width, 3) RGB, with a score of ``least`` or more: the surest 32, surest first.

        Of boxes of one class that overlap by half only the surest is given. A model whose outputs are no finite
        numbers finds nothing; that is said in the log once.
        """
        if picture.shape != (self.height, self.width, 3) or picture.dtype != np.uint8:
            raise ValueError(f"a picture of {picture.shape} {picture.dtype} for {self.name}")
        self._head.fill(picture, self._runtime.input)
        outputs = self._runtime.run()
        if not all(np.isfinite(output).all() for output in outputs):
            self._tell_nonsense()
            return []
        boxes, scores = self._head.boxes(outputs, least)
        found = [one for name, at in self._wanted.items() for one in _found(name, boxes, scores[:, at], least)]
        return sorted(found, key=lambda one: -one.score)[:MOST_FOUND]

    def _tell_nonsense(self) -> None:
        if not self._nonsense_told:
            self._nonsense_told = True
            _log.warning("%s gives numbers that are infinite or none (NaN), so it finds nothing there", self.name)


def _found(name: str, boxes: Floats, scores: Floats, least: float) -> list[Found]:
    """Those of one class."""
    sure = np.flatnonzero(scores >= least)
    inside, scores = boxes[sure].clip(0, 1), scores[sure]
    kept = [at for at in suppressed(inside, scores, MOST_FOUND) if (inside[at, 2:] > inside[at, :2]).all()]
    return [Found(name, float(scores[at]), *inside[at].tolist()) for at in kept]
