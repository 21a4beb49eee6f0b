"""The samples of a frame as they lie in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def samples(plane: Any) -> NDArray[np.uint8]:
    """(rows, line) of one of a frame's planes, its lines as long or longer than the picture; not a copy."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]
