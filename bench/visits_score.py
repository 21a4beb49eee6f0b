"""How well visits agree with the truth of a simulated day."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.pet_day import Day, Presence

LONG_S = 10.0  # a visit that is longer must not be missed
UNSURE_S = 20.0  # a gap longer than gap_seconds by less than that may be bridged, or not


@dataclass
class Score:
    visits: int = 0  # that there were, of over LONG_S
    missed: int = 0
    made_up: int = 0
    cut: int = 0  # visits that were told as two
    joined: int = 0  # two that were told as one
    renamed: int = 0  # told as of another class
    begins: list[float] = field(default_factory=list)  # seconds that a begin was late
    ends: list[float] = field(default_factory=list)  # and an end; below zero: early

    def add(self, other: "Score") -> None:
        for name in ("visits", "missed", "made_up", "cut", "joined", "renamed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.begins += other.begins
        self.ends += other.ends


def spans(day: Day, gap_s: float) -> list[Presence]:
    """The truth as visits: who is back within ``gap_s`` has not been away."""
    found: list[Presence] = []
    for name in sorted({pet.class_name for pet in day.pets}):
        first = len(found)
        for each in day.truth():
            if each.class_name != name:
                continue
            if len(found) > first and each.begin - found[-1].end <= gap_s:
                found[-1] = found[-1]._replace(end=max(found[-1].end, each.end))
            else:
                found.append(each)
    return found


def score(day: Day, told: Sequence[Presence], gap_s: float) -> Score:
    """``told`` are the visits as the rules have them."""
    result = Score()
    true = spans(day, gap_s)
    for visit in true:
        if visit.end - visit.begin <= LONG_S or not day.is_watched(visit.begin - 1, visit.end + 1):
            continue
        result.visits += 1
        over = [each for each in told if each.begin < visit.end and visit.begin < each.end + 1]
        same = [each for each in over if each.class_name == visit.class_name]
        result.missed += not over
        result.renamed += bool(over) and not same
        result.cut += len(same) > 1
        if len(same) == 1 and _is_alone(visit, true, gap_s):
            result.begins.append(same[0].begin - visit.begin)
            result.ends.append(same[0].end - visit.end)
    for each in told:
        under = [visit for visit in true if visit.begin - 1 < each.end and each.begin < visit.end + 1]
        result.made_up += not [visit for visit in under if visit.class_name == each.class_name]
        result.joined += _is_joined([visit for visit in under if visit.class_name == each.class_name], gap_s)
    return result


def _is_alone(visit: Presence, true: Sequence[Presence], gap_s: float) -> bool:
    """No other of its class is so near that both may be one."""
    around = gap_s + UNSURE_S
    near = [v for v in true if v.class_name == visit.class_name and v.begin - around < visit.end]
    return len([v for v in near if visit.begin < v.end + around]) == 1


def _is_joined(under: Sequence[Presence], gap_s: float) -> bool:
    ordered = sorted(under, key=lambda each: each.begin)
    return any(b.begin - a.end > gap_s + UNSURE_S for a, b in zip(ordered, ordered[1:], strict=False))
