"""Non-maximum suppression: of boxes that lie on the same thing the surest one is kept."""

import numpy as np

from petcam.detect.model.graph import Floats

OVERLAP = 0.5  # of two boxes' intersection to their union, from which on they are one thing
CANDIDATES = 512  # the surest so many of a class are looked at; a model that finds more finds nonsense


def suppressed(boxes: Floats, scores: Floats, most: int) -> list[int]:
    """Which of (n, 4) boxes with (n,) scores are kept: at most ``most``, surest first."""
    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")[:CANDIDATES]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(left) and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        both = np.prod(np.maximum(high - low, 0), axis=1)
        left = left[both <= OVERLAP * (areas[best] + areas[left] - both)]
    return kept
