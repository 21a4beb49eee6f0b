"""Places as JSON and back, strictly; each mistake is said with its key and with what would be right."""

import json
import re
from typing import Any

from petcam.access import unsealed
from petcam.places.named_place import NamedPlace, Point

MAX_PLACES, MAX_NAME = 16, 32
MIN_POINTS, MAX_POINTS = 3, 12
DECIMALS = 5  # of a point: a picture has fewer pixels
ID = re.compile(r"p[1-9][0-9]{0,5}")

KEYS = ("id", "name", "points")


def places_of(data: bytes) -> tuple[NamedPlace, ...]:
    """What a file has. Without version and seal it is one that somebody has written for a trial. Raises ValueError."""
    return of_document(unsealed(data))


def as_document(places: tuple[NamedPlace, ...]) -> dict[str, Any]:
    return {"places": [{"id": id_, "name": name, "points": [list(each) for each in at]} for id_, name, at in places]}


def of_document(document: object, before: tuple[NamedPlace, ...] | None = None) -> tuple[NamedPlace, ...]:
    """With ``before``, those that there are so far, places without an id are new ones, and get one. Raises ValueError,
    which says the key and what is right."""
    if not isinstance(document, dict) or set(document) != {"places"}:
        raise ValueError('places must be a JSON object of one list: {"places": [...]}')
    rows = document["places"]
    if not isinstance(rows, list) or len(rows) > MAX_PLACES:
        raise ValueError(f'"places" must be a list of at most {MAX_PLACES}')
    if before is not None:
        rows = _with_ids(rows, [place.id for place in before])
    places = tuple(_place(f"places[{index}]", row) for index, row in enumerate(rows))
    for index, place in enumerate(places):
        for key, values in (("id", [each.id for each in places]), ("name", [each.name for each in places])):
            if values.index(getattr(place, key)) != index:
                raise ValueError(f'"places[{index}].{key}" must be another one than that of the places before it')
    return places


def _with_ids(rows: list[Any], taken: list[Any]) -> list[Any]:
    """Higher ones than there are and were just before, so that no new place is taken for one that goes."""
    taken = [*taken, *(row.get("id") for row in rows if isinstance(row, dict))]
    last = max((int(each[1:]) for each in taken if isinstance(each, str) and ID.fullmatch(each)), default=0)
    complete = []
    for row in rows:
        if isinstance(row, dict) and row.get("id") is None:
            last += 1
            row = {**row, "id": f"p{last}"}
        complete.append(row)
    return complete


def _place(where: str, row: object) -> NamedPlace:
    if not isinstance(row, dict):
        raise ValueError(f'"{where}" must be an object of {", ".join(KEYS)}')
    for key in row:
        if key not in KEYS:
            shown = json.dumps(f"{where}.{str(key)[:MAX_NAME]}")
            raise ValueError(f"{shown} is unknown; there are {', '.join(KEYS)}")
    for key in KEYS:
        if key not in row:
            raise ValueError(f'"{where}.{key}" is missing')
    points = _points(f"{where}.points", row["points"])
    return NamedPlace(_id(f"{where}.id", row["id"]), _name(f"{where}.name", row["name"]), points)


def _id(where: str, value: object) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ValueError(f'"{where}" must be "p" and a whole number, as petcam-web gave it; a new place has none')
    return value


def _name(where: str, value: object) -> str:
    is_name = isinstance(value, str) and 0 < len(value) <= MAX_NAME and value.isprintable() and value == value.strip()
    if not isinstance(value, str) or not is_name:
        raise ValueError(f'"{where}" must be 1 to {MAX_NAME} printable characters, without a space at either end')
    return value


def _points(where: str, value: object) -> tuple[Point, ...]:
    if not isinstance(value, list) or not MIN_POINTS <= len(value) <= MAX_POINTS or not all(map(_is_point, value)):
        raise ValueError(
            f'"{where}" must be a list of {MIN_POINTS} to {MAX_POINTS} corners, each [x, y] from 0 to 1 of the picture'
        )
    return tuple((round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y in value)


def _is_point(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(each) in (int, float) and 0 <= each <= 1 for each in value)
    )
