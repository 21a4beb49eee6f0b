"""Results in, visits out: docs/events.md says what each rule is for."""

import math
from collections.abc import Iterable, Sequence

from petcam.events.rules.animal import LOST_SECONDS, STILL_LOST_SECONDS, Animal
from petcam.events.rules.box import Box, way, way_from_edge, without_doubles
from petcam.events.rules.household import Household
from petcam.events.rules.places import Places, Region
from petcam.events.rules.settings import Rules, are_alike
from petcam.events.rules.visit import Change, Visit

KEPT_SCORE = 0.6  # of min_score, for a box that counts at all
MAX_ANIMALS, MAX_OPEN = 32, 16
CANDIDATE_SECONDS, CANDIDATE_LOOKS = 2.0, 3.0  # without a box, after which what was not real is forgotten
LOST_LOOKS = 3.0  # and what was, or Animal.may_be_lost
MISSED_SECONDS = 8.0  # that the detector may miss of a pet, leaving and coming back: added to gap_seconds
BLIND_SECONDS, BLIND_LOOKS = 3.0, 4.0  # between two results, from when on nobody watched
MOST_BLIND_SECONDS = 120.0  # that a visit goes on while nobody watches
OTHER_NAME = 0.5  # of its size: how much farther off a box is that is called otherwise
EDGE_WAY, EDGE_SPEED = 0.02, 0.2  # parts of the picture, and in a second, within which one may have just come in
LATEST = 0.1  # how much of a new interval between results is taken


class Visits:
    """Give each result of the detector to :meth:`result`, in order, and the time to :meth:`pass_time` while none comes.

    ``resumed``: visits that were open when another process stopped, of the same clock.
    """

    def __init__(self, rules: Rules, resumed: Sequence[Visit] = ()) -> None:
        self._rules, self._wanted = rules, rules.wanted
        self._least = KEPT_SCORE * rules.min_score
        self.open: list[Visit] = list(resumed)
        self._number = max((visit.number for visit in resumed), default=0)
        self._animals: list[Animal] = []
        self._last: float | None = None  # time of the newest result
        self._interval = BLIND_SECONDS / BLIND_LOOKS  # seconds between two results, on average
        self._household, self._places = Household(), Places()
        self._watched = 0.0  # seconds in which somebody watched

    def result(self, time: float, boxes: Iterable[Box]) -> list[Change]:
        """What one result of the detector changes. One whose time does not rise is passed over."""
        if self._last is not None and time <= self._last:
            return []
        changes = self._advance(time)
        found = [box for box in map(self._as_wanted, boxes) if box is not None]
        if found or self._animals:
            self._match(time, found)
            self._forget(time)
            self._assign(changes)
            self._describe(time, changes)
        moved = self._places.look(time, self._animals, self.open)
        changes += [Change("change", visit) for visit in moved if not any(each.visit is visit for each in changes)]
        if self.open:
            self._close(changes)
        return changes

    def set_places(self, regions: Sequence[Region]) -> None:
        """Those that there are from the next result on."""
        self._places.regions = tuple(regions)

    def pass_time(self, now: float) -> list[Change]:
        """What it changes that no result has come until now."""
        over = [visit for visit in self.open if now - visit.end > MOST_BLIND_SECONDS + self._allowed(visit)]
        return [self._end(visit) for visit in over]

    def end(self) -> list[Change]:
        """What it changes that nobody looks from now on: all that is open ends at its last box."""
        self._animals = []
        return [self._end(visit) for visit in list(self.open)]

    def _advance(self, time: float) -> list[Change]:
        """Let time pass, watched or not."""
        last, self._last = self._last, time
        step = time - last if last is not None else 0.0
        if last is not None and step <= max(BLIND_SECONDS, BLIND_LOOKS * self._interval):
            self._watched += step
            self._interval += LATEST * (step - self._interval)
            return []
        for visit in self.open:
            visit.blind = visit.blind + step if last is not None else max(0.0, time - visit.end)
        return [self._end(visit) for visit in list(self.open) if visit.blind > MOST_BLIND_SECONDS]

    def _as_wanted(self, box: Box) -> Box | None:
        if box.score < self._least:
            return None
        if box.class_name in self._wanted:
            return box
        name = box.class_name.lower()
        return box._replace(class_name=name) if name in self._wanted else None

    def _match(self, time: float, found: list[Box]) -> None:
        """Each box is of the animal that is nearest, or of a new one."""
        free = list(self._animals)
        for animal in free:
            animal.looks += 1
        for box in without_doubles(found) if len(found) > 1 else found:
            best, least = None, math.inf
            for animal in free:
                if are_alike(animal.class_name, box.class_name) and animal.reaches(box, time):
                    is_other = animal.class_name != box.class_name and not animal.is_still
                    off = way(animal.box, box) + OTHER_NAME * is_other
                    if off < least:
                        best, least = animal, off
            if best is not None:
                free.remove(best)
                best.hit(time, box, self._rules)
                if best.visit is not None:
                    self._add(best.visit, time, box)
            elif len(self._animals) < MAX_ANIMALS:
                self._animals.append(Animal(time, box, self._rules))
        if len(found) > 1:
            self._note_company([animal for animal in self._animals if animal.last == time])

    def _note_company(self, seen: list[Animal]) -> None:
        for animal in seen:
            animal.beside += sum(are_alike(animal.class_name, other.class_name) for other in seen) > 1

    def _add(self, visit: Visit, time: float, box: Box) -> None:
        visit.add(time, box)
        visit.watched, visit.blind = self._watched, 0.0

    def _forget(self, time: float) -> None:
        candidate = max(CANDIDATE_SECONDS, CANDIDATE_LOOKS * self._interval)
        lost = LOST_LOOKS * self._interval
        gone = []
        for animal in self._animals:
            longest = candidate if animal.visit is None else max(lost, animal.may_be_lost)
            if time - animal.last > longest:
                gone.append(animal)
        for animal in gone:
            if animal.visit is None and self._is_real(animal):  # it left before it was certain what it was
                self._join(animal, self._alike(animal))
        if gone:
            self._animals = [animal for animal in self._animals if animal not in gone]

    def _part(self, animal: Animal, visit: Visit, changes: list[Change]) -> None:
        """It is not of that visit: of the one of its class, or of a new one."""
        same = self._named(animal.class_name)
        if same is None and len(self.open) >= MAX_OPEN:
            return
        visit.votes = {name: count - animal.called.get(name, 0.0) for name, count in visit.votes.items()}
        if same is not None:
            self._join(animal, same)
        else:
            changes.append(self._begin(animal))

    def _assign(self, changes: list[Change]) -> None:
        for animal in list(self._animals):
            if animal.visit is not None:
                self._move(animal, changes)
                self._recognise(animal)
            elif self._is_real(animal):
                visit = self._visit_of(animal)
                if self._is_another_again(animal):
                    self._animals.remove(animal)
                elif visit is not None:
                    self._join(animal, visit)
                elif not self._is_undecided(animal) and len(self.open) < MAX_OPEN:
                    changes.append(self._begin(animal))

    def _is_real(self, animal: Animal) -> bool:
        return animal.is_real(self._rules, is_expected=self._alike(animal) is not None)

    def _move(self, animal: Animal, changes: list[Change]) -> None:
        """To the visit of its class, where two animals were taken for one another or for one."""
        visit = animal.visit
        if visit is None or animal.class_name == visit.class_name or not (animal.is_clear and animal.is_always):
            return
        if self._has_another(visit, animal) or self._named(animal.class_name) is not None:
            self._part(animal, visit, changes)

    def _has_another(self, visit: Visit, animal: Animal) -> bool:
        """One that is what the visit is of, seen or asleep."""
        return any(
            each is not animal and each.visit is visit and each.class_name == visit.class_name and each.is_clear
            for each in self._animals
        )

    def _is_another_again(self, animal: Animal) -> bool:
        """Whether it is one that lies there, and is not seen beside it; that one then has its box."""
        for other in self._animals:
            is_free = other.visit is not None and other.is_still and other.last < animal.last
            if is_free and are_alike(other.class_name, animal.class_name) and other.reaches(animal.box, animal.last):
                other.hit(animal.last, animal.box, self._rules)
                return True
        return False

    def _visit_of(self, animal: Animal) -> Visit | None:
        """That it certainly belongs to."""
        other = self._alike(animal)
        if other is not None and other.class_name == animal.class_name:
            return other
        if other is None or self._is_undecided(animal) or (animal.is_clear and other.is_clear):
            return None
        return other

    def _is_undecided(self, animal: Animal) -> bool:
        """A cat that is called a dog for a moment begins no visit of a dog."""
        return animal.is_early and self._alike(animal) is not None

    def _named(self, class_name: str) -> Visit | None:
        return next((visit for visit in self.open if visit.class_name == class_name), None)

    def _alike(self, animal: Animal) -> Visit | None:
        """Of its class, else one for which it may be taken."""
        same = self._named(animal.class_name)
        alike = (visit for visit in self.open if are_alike(visit.class_name, animal.class_name))
        return same or next(alike, None)

    def _join(self, animal: Animal, visit: Visit | None) -> None:
        animal.visit = visit
        if visit is None:
            return
        lying, is_alone = self._lying(animal, animal.first), self._household.most(visit.class_name) == 1
        if is_alone or not self._may_have_come_in(animal.first_box):
            self._take_for(animal, [each for each in lying if each.got_up_as(animal, is_alone)])
        visit.votes = {
            name: visit.votes.get(name, 0.0) + animal.called.get(name, 0.0) for name in visit.votes | animal.called
        }
        self._add(visit, animal.last, animal.box)

    def _lying(self, animal: Animal, came: float) -> list[Animal]:
        """Those of its visit and class that lay still, and were not seen any more when it came."""
        same = (each for each in self._animals if each.visit is animal.visit and each.class_name == animal.class_name)
        return [each for each in same if each.is_still and each.last < came]

    def _take_for(self, animal: Animal, lying: list[Animal]) -> None:
        """The one of them that was seen last has got up, and is this one."""
        if lying:
            other = max(lying, key=lambda each: each.last)
            animal.came, animal.came_box = other.came, other.came_box
            self._animals.remove(other)

    def _recognise(self, animal: Animal) -> None:
        """Where there are more than were ever seen at once, it is one of those that lay still."""
        visit, lying = animal.visit, self._lying(animal, animal.came)
        if visit is None or not lying or not animal.is_clear:
            return
        if self._may_have_come_in(animal.came_box) and not self._household.has_one(visit.class_name):
            return
        same = (each for each in self._animals if each.visit is visit and each.class_name == animal.class_name)
        if sum(each.is_still or each is animal for each in same) > self._household.most(visit.class_name):
            self._take_for(animal, lying)

    def _may_have_come_in(self, first: Box) -> bool:
        """Whether one that was seen there first may have come into the picture just then."""
        return way_from_edge(first) < EDGE_WAY + EDGE_SPEED * self._interval

    def _begin(self, animal: Animal) -> Change:
        self._number += 1
        visit = Visit(self._number, animal.class_name, animal.since)
        self.open.append(visit)
        self._join(animal, visit)
        visit.most, visit.is_still = 1, animal.is_settled
        return Change("begin", visit)

    def _describe(self, time: float, changes: list[Change]) -> None:
        for visit in self.open:
            if visit.end != time or (changes and changes[-1].visit is visit):
                continue
            there = [each for each in self._animals if each.visit is visit and time - each.last < LOST_SECONDS]
            if not there:
                continue
            before = (visit.class_name, visit.most, visit.is_asleep)
            visit.most = max(visit.most, sum(each.last == time for each in there))
            self._household.note(visit.class_name, visit.most)
            visit.moved = max(each.moved for each in there)
            visit.is_still = self._lies(visit)
            visit.is_asleep = all(each.is_asleep for each in there)
            if visit.is_asleep:
                visit.note_sleep(visit.moved, time)
            if sum(are_alike(each.class_name, visit.class_name) for each in self.open) == 1:
                visit.class_name = visit.likeliest
            if (visit.class_name, visit.most, visit.is_asleep) != before:
                changes.append(Change("change", visit))

    def _allowed(self, visit: Visit) -> float:
        """Seconds without a box, of those in which somebody watched."""
        return STILL_LOST_SECONDS if visit.is_still else self._rules.gap_seconds + MISSED_SECONDS

    def _lies(self, visit: Visit) -> bool:
        """Whether one of its animals lies still, seen or not: it does not go away unseen."""
        return any(each.visit is visit and each.is_settled for each in self._animals)

    def _close(self, changes: list[Change]) -> None:
        for visit in list(self.open):
            if self._watched - visit.watched > self._allowed(visit):
                if not any(self._may_be_of(visit, animal) for animal in self._animals):
                    changes.append(self._end(visit))

    def _may_be_of(self, visit: Visit, animal: Animal) -> bool:
        """Whether it may still turn out to be of that visit, of which it is not now."""
        if animal.visit is None:
            return are_alike(animal.class_name, visit.class_name)
        return animal.visit is not visit and animal.class_name == visit.class_name and animal.last > visit.end

    def _end(self, visit: Visit) -> Change:
        self.open.remove(visit)
        self._household.note_end(visit.class_name)
        self._animals = [each for each in self._animals if each.visit is not visit]
        return Change("end", visit)
