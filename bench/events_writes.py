"""What petcam-events writes to the disk in a day (``write_bytes`` of /proc/self/io), and how long its database takes.

``make bench ARGS=events_writes``. A day passes in seconds: the store is given its times. What is read back is checked.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.camera import ROOT
from bench.figure import Figure
from petcam.events.clock import Reading
from petcam.events.read import Reader, Wanted
from petcam.events.store import Store

SECOND = 10**9
DAY, HOUR = 86_400, 3_600
GAP = 30.0  # seconds without a box that end a visit
NOON = 1_795_780_800
MANY = 50_000  # events
SHORT, MEDIUM, NAP = (10, 60), (60, 300), (1_200, 1_200)  # seconds, of 80, 18 and 2 visits
LENGTHS = [SHORT] * 80 + [MEDIUM] * 18 + [NAP] * 2


class Box(NamedTuple):
    class_name: str = "cat"
    score: float = 0.91
    x: float = 0.4312
    y: float = 0.2917
    w: float = 0.1833
    h: float = 0.2249


@dataclass
class Visit:
    number: int
    class_name: str
    begin: float
    end: float
    best: tuple[float, Box]
    most: int = 1
    top_score: float = 0.91
    is_still: bool = False
    moved: float = 0.0
    asleep: list[tuple[float, float]] = field(default_factory=list)
    places: tuple[str, ...] = ()
    visited: tuple[str, ...] = ()


class Change(NamedTuple):
    kind: str
    visit: Visit


class Plan(NamedTuple):
    begin: float
    length: float
    class_name: str


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
        days = {
            "a day of 100 visits, 2 h of them in view": (plan(7), 2.0),
            "a day in which nobody comes": ([], None),
            "a day in view without an end": ([Plan(60, DAY - 600, "cat")], None),
        }
        for number, (name, (visits, aim)) in enumerate(days.items()):
            written, commits = live(Path(directory) / f"day{number}", visits)
            total = sum(visit.length for visit in visits) / HOUR
            yield Figure(f"{name} ({total:.1f} h), {commits} commits", written / 1e6, "MB", aim)
        yield from many(Path(directory) / "many")


def plan(seed: int) -> list[Plan]:
    chance = random.Random(seed)
    lengths = [chance.uniform(*span) for span in LENGTHS]
    chance.shuffle(lengths)
    begins = sorted(chance.uniform(60, DAY - 2 * HOUR) for _ in lengths)
    return [Plan(*each, chance.choice(["cat", "cat", "dog"])) for each in zip(begins, lengths, strict=True)]


def live(directory: Path, visits: list[Plan]) -> tuple[int, int]:
    """Bytes that were written and commits that were made in a day of these visits."""
    store, reader = open_store(directory, 10.0), Reader(directory)
    for second in range(11, 20):
        store.write(second * SECOND)
    before, commits, state = write_bytes(), 0, reader.state()
    coming, there, numbers = list(visits), {}, iter(range(1, 10**6))
    for second in range(20, DAY):
        for plan in [plan for plan in coming if plan.begin <= second]:
            coming.remove(plan)
            visit = Visit(next(numbers), plan.class_name, second, second, (second, Box(plan.class_name)), moved=second)
            store.take(Change("begin", visit), second * SECOND)
            name = f"petcam_20261127-{visit.number:06}~visit.mp4"
            store.kept(visit.number, name, (second - 5) * SECOND, second * SECOND)
            there[visit.number] = visit, plan
        for visit, plan in list(there.values()):
            see(store, visit, plan, second, there)
        store.write(second * SECOND)
        now = reader.state()
        commits, state = commits + (now != state), now
    written = write_bytes() - before
    store.close(DAY * SECOND)
    found = reader.page(Wanted(kind="visit"), limit=500).events
    assert sorted(round(event.begin - NOON) for event in found) == sorted(-int(-plan.begin // 1) for plan in visits)
    return written, commits


def see(store: Store, visit: Visit, plan: Plan, second: int, there: dict[int, tuple[Visit, Plan]]) -> None:
    """A second of a visit: it sleeps after its first minute, but for ten seconds in each ten minutes."""
    age = second - visit.begin
    if age <= plan.length:
        visit.end = float(second)
        is_still = age > 60 and age % 600 > 10
        if is_still:
            asleep = visit.asleep.pop() if visit.is_still else (second, second)
            visit.asleep.append((asleep[0], second))
        else:
            visit.moved = float(second)
        visit.is_still = is_still
        store.take(Change("change", visit), second * SECOND)
    elif second - visit.end > GAP:
        store.take(Change("end", visit), second * SECOND)
        del there[visit.number]


def many(directory: Path) -> Iterator[Figure]:
    """A database with as many events as it may have."""
    store = open_store(directory, 10.0)
    number = 0
    for number in range(1, MANY + 1):
        begin = 10.0 + 600 * number
        visit = Visit(number, "cat" if number % 3 else "dog", begin, begin + 60, (begin, Box()), moved=begin)
        store.take(Change("begin", visit), round(begin * SECOND))
        store.kept(number, f"petcam_20261127-{number:06}~visit.mp4", round(begin * SECOND), round(begin * SECOND))
        store.take(Change("end", visit), round(begin * SECOND))
        if number % 900 == 0:
            store.write(round((begin + 10) * SECOND))
    last = 10.0 + 600 * number + 60
    store.close(round(last * SECOND))
    size = (directory / "events.db").stat().st_size
    yield Figure(f"{MANY} visits on the disk", size / 2**20, "MiB", 32)
    begin = time.monotonic()
    store = open_store(directory, last + 10)
    yield Figure("the service opens and proves them", time.monotonic() - begin, "s", 3)
    store.write(round((last + 20) * SECOND))
    reader = Reader(directory)
    for name, question in {
        "the newest 100": lambda: reader.page(),
        "100 of half a year ago": lambda: reader.page(Wanted(before=NOON + last - 180 * DAY)),
        "all days": lambda: reader.days(),
        "one day": lambda: reader.day("2027-03-01"),
        "one event": lambda: reader.one(MANY // 2),
    }.items():
        yield Figure(f"a reader asks for {name}", 1000 * quickest(question), "ms")
    store.close(round((last + 30) * SECOND))


def quickest(question: object) -> float:
    times = []
    for _ in range(5):
        begin = time.monotonic()
        question()  # type: ignore[operator]
        times.append(time.monotonic() - begin)
    return min(times)


def open_store(directory: Path, now: float) -> Store:
    return Store(directory, "bench", Reading(round(now * SECOND), round((NOON + now) * SECOND), 0, True))


def write_bytes() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])
