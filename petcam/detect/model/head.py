"""What a family of detectors has of its own: how a picture goes in, and how outputs become boxes and scores."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from petcam.detect.model.graph import Floats

Picture = NDArray[np.uint8]  # (height, width, 3), RGB


class Head(Protocol):
    """How one model's input is filled and its outputs are read."""

    family: str  # for people: "SSD"
    classes: int  # how many scores each box has

    def fill(self, picture: Picture, target: Floats) -> None:
        """Puts a picture of the model's size into its input, (1, 3, height, width)."""

    def boxes(self, outputs: Sequence[Floats], least: float) -> tuple[Floats, Floats]:
        """Boxes of which a score is ``least`` or more, and all their scores.

        (n, 4) edges left, top, right, bottom as parts of the picture, not yet clipped to it; (n, classes) in 0 to 1.
        """


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits.clip(-80, 80))), np.float32)


def sure_rows(scores: Floats, least: float, logits: bool = False) -> NDArray[np.intp]:
    """Which rows of (n, classes) have a score of ``least`` or more, be they scores or logits yet."""
    part = min(max(least, 1e-6), 1 - 1e-6)
    return np.flatnonzero(scores.max(1) >= (np.log(part / (1 - part)) if logits else least))
