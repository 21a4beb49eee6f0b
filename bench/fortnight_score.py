"""What people were told in simulated days, against what there was to tell, by a judge apart from petcam's rules."""

import bisect
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.pet_day import Presence
from bench.told_house import Chronicle, Noted, picture_of
from bench.told_way import Arrival, ToldWay

SOON = 3.0  # seconds after its begin within which one is to be told
LONG = 1500.0  # seconds after it for which what was there before is no news
NEAR = 600.0  # seconds after an end of the service for which it may be to blame
SLACK = 1.0  # seconds by which two clocks may see a border otherwise
GIVEN_UP = 6 * 3600.0


class Family(NamedTuple):
    """As it lives, for the judge."""

    zone: ZoneInfo
    quiet: tuple[int, int]  # hours
    cooldown: float  # seconds
    away: Callable[[datetime], bool] | None  # None: told also while somebody is home
    mutes: list[tuple[float, float]]

    def is_quiet(self, at: float) -> bool:
        hour = datetime.fromtimestamp(at, self.zone).hour
        begin, end = self.quiet
        return begin <= hour < end if begin < end else hour >= begin or hour < end

    def is_muted(self, at: float) -> bool:
        return any(begin <= at < end for begin, end in self.mutes)

    def is_home(self, at: float) -> bool:
        return self.away is not None and not self.away(datetime.fromtimestamp(at, self.zone))


@dataclass
class Day:
    """One line of the table."""

    name: str
    visits: int = 0  # that there were
    noticed: int = 0
    quiet: int = 0
    muted: int = 0
    home: int = 0
    cooling: int = 0
    same: int = 0  # as before an end of petcam-events, over which the visit went on
    told: int = 0
    digests: int = 0  # by whichever way
    late: int = 0
    twice: int = 0
    in_quiet: int = 0
    ends: int = 0  # of petcam-events
    by_a_kill: int = 0  # not told for that
    untold: int = 0  # for no reason


@dataclass
class Score:
    days: list[Day] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # begin to phone
    noticing: list[float] = field(default_factory=list)  # begin to teller
    faults: list[str] = field(default_factory=list)
    no_picture: int = 0
    too_soon: int = 0  # within the cool-down
    same_visit: int = 0  # true visits that were told of as two, over an end of petcam-events
    cut: int = 0  # the same, without one between: petcam-events took it for two
    beside: list[float] = field(default_factory=list)  # begin to phone, of who may be taken for one that is there
    troubles: int = 0

    def sum(self, name: str) -> int:
        return sum(getattr(day, name) for day in self.days)


def score(
    ways: Sequence[ToldWay], chronicle: Chronicle, truth: Sequence[Presence], family: Family, begin: float, days: int
) -> Score:
    """``ways``: the first is the one that always works. ``truth`` has Unix times."""
    found = Score([Day(_date(begin + 86_400 * n, family)) for n in range(days)])
    judge = _Judge(found, chronicle, truth, family, begin)
    for presence in truth:
        judge.day(presence.begin).visits += 1
    for end in chronicle.ends:
        judge.day(end).ends += 1
    alerts = [each for each in ways[0].arrived if not each.is_update]
    judge.visits(alerts, ways[0].unclear)
    for way in ways:
        judge.way(way)
    judge.once_a_visit(alerts)
    return found


class _Judge:
    def __init__(
        self, found: Score, chronicle: Chronicle, truth: Sequence[Presence], family: Family, begin: float
    ) -> None:
        self._found, self._chronicle, self._truth = found, chronicle, truth
        self._family, self._begin = family, begin

    def day(self, at: float) -> Day:
        return self._found.days[min(max(int((at - self._begin) // 86_400), 0), len(self._found.days) - 1)]

    def visits(self, alerts: Sequence[Arrival], unclear: set[int]) -> None:
        """Why each was told, or was not."""
        at = {number: each for each in reversed(alerts) for number in each.ids}
        told: dict[str, float] = {}  # by class, when the last alert was decided on
        for number, noted in sorted(self._chronicle.begins.items(), key=lambda each: each[1].at):
            if noted.happening.kind != "visit":
                self._found.troubles += number in at
                continue
            day, name = self.day(noted.at), noted.happening.name
            day.noticed += 1
            is_cooling = noted.at - told.get(name, 0.0) < self._family.cooldown
            if number in at:
                self._told(noted, at[number], day)
                self._found.too_soon += is_cooling and noted.at - told.get(name, 0.0) < self._family.cooldown - SLACK
            why = self._why_not(noted, is_cooling)
            if number in at or why == "untold" or why == "by_a_kill":
                told[name] = noted.at
            if number not in at:
                setattr(day, why, getattr(day, why) + 1)
                if why == "untold":
                    self._found.faults.append(f"untold: {noted}")

    def _told(self, noted: Noted, arrival: Arrival, day: Day) -> None:
        begin, delay = noted.happening.begin, arrival.at - noted.happening.begin
        day.told += 1
        if self._family.is_home(noted.at) and self._family.is_home(noted.at - SLACK):
            self._found.faults.append(f"told while somebody was home: {noted}")
        if self._has_ended(begin - SLACK, arrival.at):
            return
        self._found.noticing.append(noted.at - begin)
        (self._found.beside if self._is_beside(noted) else self._found.delays).append(delay)
        day.late += arrival.at - noted.at > SOON

    def _is_beside(self, noted: Noted) -> bool:
        """A cat that comes to a dog is told once it is certain that it is not the dog."""
        return any(
            noted.happening.begin - 60 < each.end and each.begin < noted.at and each.class_name != noted.happening.name
            for each in self._truth
        )

    def _why_not(self, noted: Noted, is_cooling: bool) -> str:
        family = self._family
        if family.is_quiet(noted.at):
            return "quiet"
        if family.is_muted(noted.at):
            return "muted"
        if family.is_home(noted.at):
            return "home"
        if is_cooling:
            return "cooling"
        if self._goes_on(noted):
            return "same"
        return "by_a_kill" if self._has_ended(noted.at - LONG, noted.at + NEAR) else "untold"

    def _goes_on(self, noted: Noted) -> bool:
        """Whether one of that class has been there since before an end of petcam-events."""
        name, begin = noted.happening.name, noted.happening.begin
        return any(
            each.class_name == name and each.begin < begin <= each.end + SLACK and self._has_ended(each.begin, begin)
            for each in self._truth
        )

    def way(self, way: ToldWay) -> None:
        counts: Counter[int] = Counter()
        for each in way.arrived:
            if each.is_update:
                continue
            counts.update(each.ids)
            self.day(each.at).digests += each.message.kind == "several"
            if self._family.is_quiet(each.at) or self._family.is_muted(each.at):
                self.day(each.at).in_quiet += 1
                self._found.faults.append(f"{way.name}: in quiet hours, {each.at}: {each.message.title}")
            newest = each.message.about[-1].id
            self._found.no_picture += each.message.picture != picture_of(newest)
        for number, count in counts.items():
            if count > 1:
                self.day(self._chronicle.begins[number].at).twice += 1
                self._found.faults.append(f"{way.name}: event {number} {count} times")

    def once_a_visit(self, alerts: Sequence[Arrival]) -> None:
        """By what there was, whatever petcam-events made of it."""
        counts: dict[Presence, list[int]] = defaultdict(list)
        for number in {number for each in alerts for number in each.ids}:
            happening = self._chronicle.begins[number].happening
            for visit in self._truth:
                if visit.class_name == happening.name and visit.begin - 1 <= happening.begin < visit.end:
                    counts[visit].append(number)
        for visit, numbers in counts.items():
            begins = sorted(self._chronicle.begins[number].happening.begin for number in numbers)
            for first, second in zip(begins, begins[1:], strict=False):
                is_over_an_end = self._has_ended(first, second)
                self._found.same_visit += is_over_an_end
                self._found.cut += not is_over_an_end
                how = "over an end" if is_over_an_end else "without an end"
                self._found.faults.append(f"one visit told twice, {how}: {first:.0f}, {second:.0f}: {visit}")

    def _has_ended(self, begin: float, end: float) -> bool:
        """Whether petcam-events was ended meanwhile, or had not started yet."""
        ends = self._chronicle.ends
        number = bisect.bisect_left(ends, begin)
        is_down = 0 < number and begin < self._up_after(ends[number - 1])
        return is_down or number < len(ends) and ends[number] < end

    def _up_after(self, end: float) -> float:
        starts = self._chronicle.starts
        number = bisect.bisect_right(starts, end)
        return starts[number] + 5 if number < len(starts) else float("inf")


COLUMNS = {
    "day": "name",
    "visits": "visits",
    "noticed": "noticed",
    "quiet": "quiet",
    "muted": "muted",
    "home": "home",
    "cooling": "cooling",
    "same": "same",
    "told": "told",
    "late": "late",
    "digests": "digests",
    "ends": "ends",
    "lost by one": "by_a_kill",
    "untold": "untold",
    "twice": "twice",
    "in quiet": "in_quiet",
}


def table(found: Score) -> str:
    rows = [list(COLUMNS), *([str(getattr(day, field)) for field in COLUMNS.values()] for day in found.days)]
    rows.append(["all", *(str(found.sum(field)) for field in list(COLUMNS.values())[1:])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[int(part * (len(values) - 1))] if values else 0.0


def _date(at: float, family: Family) -> str:
    return f"{datetime.fromtimestamp(at, family.zone):%a %d %b}"
