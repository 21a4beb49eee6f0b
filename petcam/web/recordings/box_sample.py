"""What one sample of a recording's boxes says (docs/recordings.md, Boxes). A file is whatever somebody put there: what
is not of that form is none."""

import json

MAX_SAMPLE_BYTES = 16 * 1024
MAX_BOXES = 64
MAX_CLASS_NAME = 64  # characters; petcam's have 32 bytes
MAX_PIXELS = 1 << 20  # by which a corner may be off

RecordedBox = list[object]  # class name, score, x, y, w, h: whole pixels of the video's picture


def parse_sample(text: bytes) -> list[RecordedBox] | None:
    """None where it is not in the form that petcam writes."""
    try:
        boxes = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(boxes, list) and len(boxes) <= MAX_BOXES
    return boxes if is_list and all(_is_box(box) for box in boxes) else None


def _is_box(box: object) -> bool:
    if not isinstance(box, list) or len(box) != 6:
        return False
    name, score, *pixels = box
    return _is_name(name) and _is_score(score) and all(type(side) is int and abs(side) <= MAX_PIXELS for side in pixels)


def _is_name(name: object) -> bool:
    """Not half of a surrogate pair either, which no answer can hold."""
    return isinstance(name, str) and len(name) <= MAX_CLASS_NAME and not any("\ud800" <= c <= "\udfff" for c in name)


def _is_score(score: object) -> bool:
    return type(score) in (int, float) and 0 <= score <= 1  # type: ignore[operator]
