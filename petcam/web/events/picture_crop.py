"""Which part of a picture shows a pet in its place, and that part cut out."""

import math
from typing import Any

WIDTH = 480  # pixels of what is cut out, at most
ACROSS, DOWN = 4, 3  # its shape, where the pet fits into it
LEAST = 0.4  # of the picture's height
MARGIN = 1.6  # it is so much wider and higher than the box

Area = tuple[float, float, float, float]  # left, top, width, height in parts of a picture


def part_around(box: Area, shape: float) -> Area:
    """The part of a picture that is to be seen; ``shape`` is its width by its height, as it is shown. A box that is
    none is taken for the point that is nearest to it."""
    left, top, right, bottom = _within(box)
    across, down = (
        (right - left) * MARGIN * shape,
        (bottom - top) * MARGIN,
    )  # that are needed, in heights of the picture
    height = min(max(LEAST, down, across * DOWN / ACROSS), 1.0)
    width = min(max(across, height * ACROSS / DOWN), shape)
    height = min(height, max(down, width * DOWN / ACROSS))
    width /= shape
    return _along(left, right, width), _along(top, bottom, height), width, height


def cut_out(frame: Any, box: Area, aspect: tuple[int, int]) -> Any:
    """A frame of its own memory, of square pixels; ``aspect`` is the width and height of one of ``frame``. Needs
    PyAV."""
    import av

    from petcam.media.jpeg import Scaler
    from petcam.media.planes import samples

    shown = max(1, round(frame.width * aspect[0] / aspect[1]))
    part = part_around(box, shown / frame.height)
    whole = Scaler(max(2, round(min(shown, WIDTH / part[2])))).scale(frame, aspect)
    left, across = _pixels(part[0], part[2], whole.width, WIDTH)
    top, down = _pixels(part[1], part[3], whole.height, whole.height)
    cut: Any = av.VideoFrame(across, down, whole.format.name)
    for plane, divided in enumerate((1, 2, 2)):
        x, y, columns, rows = (each // divided for each in (left, top, across, down))
        samples(cut.planes[plane])[:rows, :columns] = samples(whole.planes[plane])[y : y + rows, x : x + columns]
    return cut


def _within(box: Area) -> Area:
    """Its edges, none of them beyond the picture."""
    x, y, w, h = (each if math.isfinite(each) else 0.5 for each in box)
    left, top = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    return left, top, max(left, min(x + w, 1.0)), max(top, min(y + h, 1.0))


def _along(begin: float, end: float, length: float) -> float:
    """Where a part of that length begins that has what lies between in its middle, as far as the picture reaches."""
    return min(max((begin + end - length) / 2, 0.0), 1.0 - length)


def _pixels(begin: float, length: float, whole: int, most: int) -> tuple[int, int]:
    """Both even: of the colours there are half as many samples."""
    size = max(2, min(math.ceil(length * whole / 2) * 2, most, whole))
    return min(int(begin * whole), whole - size) & ~1, size
