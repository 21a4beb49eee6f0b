"""At which places, as a family has drawn them, the animals of a visit are: docs/events.md, "Places"."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from petcam.events.rules.animal import Animal
from petcam.events.rules.box import Box
from petcam.events.rules.presence import Presence
from petcam.events.rules.visit import Stay, Visit

LEAVE_SECONDS = 5.0  # without one there, after which the visit has left
NEVER = math.inf
INSIDE = 1 - 1e-6  # a box that the picture's edge cuts off is not beyond it


class Region(NamedTuple):
    id: str  # stays the same whatever it is called and wherever it is
    name: str
    points: tuple[tuple[float, float], ...]  # of a polygon, in parts (0..1) of the picture

    def contains(self, x: float, y: float) -> bool:
        """By how many of its sides are crossed on the way out of it."""
        is_inside = False
        ax, ay = self.points[-1]
        for bx, by in self.points:
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                is_inside = not is_inside
            ax, ay = bx, by
        return is_inside

    def holds(self, box: Box, is_still: bool) -> bool:
        """Whether an animal stands or lies there: by where its feet are or, where it lies still, by its middle."""
        x, feet = _within(box.x + box.w / 2), _within(box.y + box.h)
        return self.contains(x, feet) or (is_still and self.contains(x, _within(box.y + box.h / 2)))


class Places:
    """Keeps the stays of visits; what it knows of an animal is the animal's own ``presences``."""

    def __init__(self) -> None:
        self.regions: tuple[Region, ...] = ()

    def look(self, time: float, animals: Sequence[Animal], visits: Sequence[Visit]) -> list[Visit]:
        """After each result: the visits that are at other places than before, or whose places are called otherwise."""
        for animal in animals if self.regions else ():
            if animal.last == time:
                self._note(time, animal)
        return [visit for visit in visits if (self.regions or visit.stays) and self._has_changed(time, visit, animals)]

    def _note(self, time: float, animal: Animal) -> None:
        is_still = animal.is_still
        for region in self.regions:
            presence = animal.presences.get(region.id)
            is_inside = region.holds(animal.box, is_still)
            if presence is None and is_inside:
                presence = animal.presences[region.id] = Presence(time)
            if presence is not None:
                presence.note(time, is_inside)

    def _has_changed(self, time: float, visit: Visit, animals: Sequence[Animal]) -> bool:
        before = visit.places
        its = [animal for animal in animals if animal.visit is visit]
        for region in self.regions:
            since = min((_since(region, animal, time) for animal in its), default=NEVER)
            self._keep(visit, region, since, time, is_unseen=visit.is_still and not its)
        ids = {region.id for region in self.regions}
        for stay in visit.stays:
            stay.is_over = stay.is_over or stay.id not in ids
        return visit.places != before

    def _keep(self, visit: Visit, region: Region, since: float, time: float, is_unseen: bool) -> None:
        """``since`` when one of its animals is there, or NEVER; ``is_unseen``: it sleeps, long unseen."""
        stay = visit.stay_at(region.id)
        if stay is not None:
            stay.name = region.name
            if since < NEVER or is_unseen:
                stay.end = time
            elif time - stay.end > LEAVE_SECONDS:
                stay.is_over = True
        elif since < NEVER:
            visit.add_stay(Stay(region.id, region.name, max(since, visit.begin), time))


def _since(region: Region, animal: Animal, time: float) -> float:
    """When it came there; NEVER: it is not there. One that lies is there as long as it is not seen elsewhere."""
    presence = animal.presences.get(region.id)
    if animal.is_settled and region.holds(animal.box, True):
        return presence.since if presence is not None else animal.moved
    return presence.since if presence is not None and presence.is_there and animal.last == time else NEVER


def _within(part: float) -> float:
    return min(max(part, 0.0), INSIDE)
