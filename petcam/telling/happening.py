"""What may be told of, as it begins, changes and ends."""

from typing import Literal, NamedTuple

MAX_NAME = 80  # characters, of a place too
MAX_DETAIL = 300
MAX_PLACES = 8

Kind = Literal["visit", "sound", "trouble"]
Phase = Literal["begin", "change", "end"]


class Happening(NamedTuple):
    id: int  # the event's: the same in each of its phases
    kind: Kind
    name: str  # a visit's class, cat; else what it is: loud, camera_silent
    state: Phase
    begin: float  # Unix seconds, as all times here
    end: float | None = None  # None: it goes on
    most: int = 1  # that were there at once
    places: tuple[str, ...] = ()  # where it is, by name; once it has ended, where it was
    asleep: bool = False  # it lies still now
    detail: str = ""  # of a trouble: what to do
    score: float = 0.0  # the detector's best, 0 to 1


def bounded(happening: Happening) -> Happening:
    """As it is kept and told."""
    return happening._replace(
        name=happening.name[:MAX_NAME],
        places=tuple(place[:MAX_NAME] for place in happening.places[:MAX_PLACES]),
        detail=happening.detail[:MAX_DETAIL],
    )
