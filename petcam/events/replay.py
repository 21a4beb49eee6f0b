"""A detector's results and levels of sound out of a file, at full speed, to try settings: docs/events.md, "Replay"."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from petcam.errors import Code, PetcamError
from petcam.events.rules import CLASS_NAME, Box, Region, Rules, Sound, Sounds, Visit, Visits

MAX_LINE = 64 * 1024  # bytes; 64 boxes take some 4,000
MAX_BOXES = 64
QUIETEST_DB = -96.0


class Line(NamedTuple):
    """One result."""

    time: float  # seconds
    boxes: list[Box]


class Level(NamedTuple):
    """20 ms of sound."""

    time: float
    db: float  # dBFS


def replay(
    lines: Iterable[str], rules: Rules, name: str = "-", sound_db: float = 15, places: Sequence[Region] = ()
) -> Iterator[Visit | Sound]:
    """Each visit and sound when it is certain that it has ended, and at the end of the lines those that are still open.

    Raises ``BAD_REQUEST`` with file and line where one is not as documented.
    """
    visits, sounds, last = Visits(rules), Sounds(sound_db), dict.fromkeys((Line, Level), -math.inf)
    visits.set_places(places)
    for number, text in enumerate(lines, 1):
        line = _parsed(text, f"{name}, line {number}")
        if line is None:
            continue
        if line.time <= last[type(line)]:
            raise PetcamError(Code.BAD_REQUEST, f"{name}, line {number}: t must rise from line to line")
        last[type(line)] = line.time
        if isinstance(line, Level):
            yield from (change.sound for change in sounds.levels([line]) if change.kind == "end")
        else:
            yield from (change.visit for change in visits.result(*line) if change.kind == "end")
    yield from visits.open
    yield from (change.sound for change in sounds.end())


def told_line(what: Visit | Sound) -> str:
    """A visit or a sound as a line of JSON."""
    return sound_line(what) if isinstance(what, Sound) else visit_line(what)


def sound_line(sound: Sound) -> str:
    told = {"class": CLASS_NAME, "begin": round(sound.begin, 3), "end": round(sound.end, 3)}
    return json.dumps(told | {"over_db": round(sound.over_db, 1), "floor_db": sound.floor_db})


def visit_line(visit: Visit) -> str:
    """A visit as a line of JSON."""
    spans = [[round(begin, 3), round(end, 3)] for begin, end in visit.asleep]
    told = {"class": visit.class_name, "begin": round(visit.begin, 3), "end": round(visit.end, 3), "most": visit.most}
    stays = [[stay.name, round(stay.begin, 3), round(stay.end, 3)] for stay in visit.stays]
    return json.dumps(told | {"asleep": spans, "places": stays}, ensure_ascii=False)


def _parsed(text: str, where: str) -> Line | Level | None:
    if len(text) > MAX_LINE:
        raise PetcamError(Code.BAD_REQUEST, f"{where}: longer than {MAX_LINE} bytes")
    if not text.strip():
        return None
    try:
        said = json.loads(text)
        if "level" in said:
            return Level(_number(said["t"]), max(_number(said["level"]), QUIETEST_DB))
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
