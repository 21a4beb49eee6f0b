"""How things are at a moment, as far as a broker is told."""

from collections.abc import Mapping
from typing import NamedTuple


class Snapshot(NamedTuple):
    classes_there: frozenset[str]
    places_there: frozenset[str]  # at which anybody is
    last_seen: Mapping[str, float]  # by class, Unix seconds
    visits_today: int
    asleep_today_seconds: float
    camera: bool | None  # whether it is on; None: nobody says
    home: bool  # whether somebody is
    recording: bool  # by hand
    classes: tuple[str, ...]  # all that are known
    places: tuple[str, ...]
    language: str = "en"  # in which things are named
