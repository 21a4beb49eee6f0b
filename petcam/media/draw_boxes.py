"""Draws the detector's boxes into a picture."""

from typing import Any

from petcam.media.planes import samples

BOX_COLOUR, OUTLINE_COLOUR = (188, 110, 84), (16, 128, 128)  # Y, U, V: the page's green, and black
LINE_WIDTH = 2  # pixels in a picture 640 pixels wide


def draw_boxes(frame: Any, result: Any) -> None:
    """Draw the boxes of ``result`` (``Detections``) into ``frame``: planar YUV 4:2:0, changed in place."""
    planes = [samples(plane) for plane in frame.planes]
    line = max(2, round(LINE_WIDTH * frame.width / 640) & ~1)
    for box in result.boxes:
        across, down = frame.width / result.width, frame.height / result.height
        left, top = box.x * across, box.y * down
        edges = (left, top, left + box.w * across, top + box.h * down)
        _rectangle(planes, frame, edges, line, line // 2 + 1, OUTLINE_COLOUR)
        _rectangle(planes, frame, edges, line, 0, BOX_COLOUR)


def _rectangle(
    planes: list[Any], frame: Any, edges: tuple[float, ...], line: int, margin: int, colour: tuple[int, ...]
) -> None:
    """Four bars, ``line`` wide plus ``margin`` on either side, clipped to the picture."""
    left, top, right, bottom = (round(edge) for edge in edges)
    out, into = line // 2 + margin, line - line // 2 + margin
    for x0, y0, x1, y1 in (
        (left - out, top - out, right + into, top + into),
        (left - out, bottom - out, right + into, bottom + into),
        (left - out, top - out, left + into, bottom + into),
        (right - out, top - out, right + into, bottom + into),
    ):
        x0, x1 = (min(max(x, 0), frame.width) for x in (x0, x1))
        y0, y1 = (min(max(y, 0), frame.height) for y in (y0, y1))
        planes[0][y0:y1, x0:x1] = colour[0]
        for plane, value in zip(planes[1:], colour[1:], strict=True):
            plane[y0 // 2 : -(-y1 // 2), x0 // 2 : -(-x1 // 2)] = value
