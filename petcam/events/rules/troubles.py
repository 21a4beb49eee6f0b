"""What is wrong, and for how long it has been or has not: docs/events-db.md, "Trouble"."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

BEGIN_SECONDS = 60.0  # that it is wrong: a restart or a blip is none
END_SECONDS = 10.0  # that it is not


class TroubleChange(NamedTuple):
    kind: str  # begin or end
    class_name: str
    at: float  # since when it is wrong, or not any more
    detail: str = ""


class Troubles:
    def __init__(self) -> None:
        self._wrong: dict[str, float] = {}  # by class, since when
        self._right: dict[str, float] = {}  # of those that are open

    def look(
        self, found: Mapping[str, str], unknown: Collection[str], is_open: Collection[str], now: float
    ) -> list[TroubleChange]:
        """What changes now that ``found`` (by class, in words) is wrong. Of what is ``unknown`` nothing is said: what
        was wrong before still is, and what was not is not."""
        changes = []
        for name in {*found, *self._wrong, *is_open} - set(unknown):
            if name in found:
                self._right.pop(name, None)
                since = self._wrong.setdefault(name, now)
                if name not in is_open and now - since >= BEGIN_SECONDS:
                    changes.append(TroubleChange("begin", name, since, found[name]))
                continue
            self._wrong.pop(name, None)
            if name in is_open and now - self._right.setdefault(name, now) >= END_SECONDS:
                changes.append(TroubleChange("end", name, self._right.pop(name)))
        return sorted(changes)
