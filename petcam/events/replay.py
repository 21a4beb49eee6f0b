"""Results of a detector out of a file, at full speed, to try settings: docs/events.md, "Replay"."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from petcam.errors import Code, PetcamError
from petcam.events.rules import Box, Rules, Visit, Visits

MAX_LINE = 64 * 1024  # bytes; 64 boxes take some 4,000
MAX_BOXES = 64


class Line(NamedTuple):
    """One result."""

    time: float  # seconds
    boxes: list[Box]


def replay(lines: Iterable[str], rules: Rules, name: str = "-") -> Iterator[Visit]:
    """Each visit when it is certain that it has ended, and at the end of the lines those that are still open.

    Raises ``BAD_REQUEST`` with file and line where one is not as documented.
    """
    visits, last = Visits(rules), -math.inf
    for number, text in enumerate(lines, 1):
        line = _parsed(text, f"{name}, line {number}")
        if line is None:
            continue
        if line.time <= last:
            raise PetcamError(Code.BAD_REQUEST, f"{name}, line {number}: t must rise from line to line")
        last = line.time
        yield from (change.visit for change in visits.result(*line) if change.kind == "end")
    yield from visits.open


def visit_line(visit: Visit) -> str:
    """A visit as a line of JSON."""
    spans = [[round(begin, 3), round(end, 3)] for begin, end in visit.asleep]
    told = {"class": visit.class_name, "begin": round(visit.begin, 3), "end": round(visit.end, 3), "most": visit.most}
    return json.dumps(told | {"asleep": spans, "places": []}, ensure_ascii=False)


def _parsed(text: str, where: str) -> Line | None:
    if len(text) > MAX_LINE:
        raise PetcamError(Code.BAD_REQUEST, f"{where}: longer than {MAX_LINE} bytes")
    if not text.strip():
        return None
    try:
        said = json.loads(text)
        time, width, height = (_number(said[key]) for key in ("t", "width", "height"))
        if not (width > 0 and height > 0) or len(said["boxes"]) > MAX_BOXES:
            raise ValueError
        return Line(time, [_box(each, width, height) for each in said["boxes"]])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        wanted = '{"t": seconds, "width": W, "height": H, "boxes": [["cat", 0.9, x, y, w, h], …]}'
        raise PetcamError(Code.BAD_REQUEST, f"{where}: not of the form {wanted}") from error


def _box(fields: Any, width: float, height: float) -> Box:
    name, *numbers = fields
    score, x, y, w, h = map(_number, numbers)
    if not isinstance(name, str):
        raise TypeError
    return Box(name, score, x / width, y / height, w / width, h / height)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)
