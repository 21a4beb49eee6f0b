"""The service is killed at random moments of visits, its detector's results in real shared memory. ``PETCAM_KILLS=100``
does so 100 times. Its clocks, and the detector's, run twenty times as fast as time."""

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.pet_day import Day, Pet, Presence, Result, pet_day, results
from petcam.events.read import Seen
from petcam.shm.detections import DetectionWriter
from tests.integration.events.fast_service import FastClock
from tests.integration.events.keeping import keeping
from tests.unit.events.stand_ins import all_events

KILLS = int(os.environ.get("PETCAM_KILLS", 4))
ROOT = Path(__file__).parents[3]
FACTOR, RATE = 20.0, 10.0
NOON = 1_795_780_800.0
LONGEST_AWAY, LONGEST_SLEEP = 70.0, 300.0  # seconds: the days are without the hours in which nothing happens
PATIENCE = 60.0  # seconds, for a busy machine


def full_day(days: int) -> Day:
    """A cat and a dog that come and go all the time: as much as there is in so many days."""
    day = pet_day(11, 24.0 * days)
    assert [pet.class_name for pet in day.pets] == ["cat", "dog"]
    for pet in day.pets:
        _hurry(pet)
    return Day(day.seed, RATE, day.pets, [], [], day.seconds)


def _hurry(pet: Pet) -> None:
    now, before, stays = 10.0, None, []
    for stay in pet.stays:
        now += min(LONGEST_AWAY, stay.begin - before) if before is not None else 0.0
        length = min(LONGEST_SLEEP, stay.end - stay.begin)
        stays.append(stay._replace(begin=now, end=now + length))
        now, before = now + length, stay.end
    pet.stays, pet.begins = stays, [stay.begin for stay in stays]


class World:
    """Time and a board. ``now`` is seconds since the world began; with each boot CLOCK_MONOTONIC begins anew."""

    def __init__(self, day: Day, segment: str) -> None:
        self._results, self._segment = results(day, 1000.0), segment
        self._zero, self._began, self._boot_began = time.monotonic(), 0.0, 0.0
        self.boot = 1

    def now(self) -> float:
        return self._began + (time.monotonic() - self._zero) * FACTOR

    def skip(self, seconds: float) -> None:
        self._began += seconds

    def cut_power(self) -> None:
        self.boot, self._boot_began = self.boot + 1, self.now()

    def words(self) -> list[str]:
        """Of the service: its clock, and what it has to be added to for the wall clock."""
        clock = FastClock(FACTOR, self._zero, self._began - self._boot_began)
        return [str(each) for each in (clock.factor, clock.zero, clock.began, NOON + self._boot_began)]

    def seen_by(self, monotonic: float) -> float:
        return monotonic + self._boot_began

    def detector(self) -> "Detector":
        return Detector(self, self._results, self._segment, self._boot_began)


class Detector:
    """Publishes what the simulated detector says, until it is closed; what came before is left out."""

    def __init__(self, world: World, coming: Iterator[Result], segment: str, boot_began: float) -> None:
        self._world, self._coming, self._boot_began = world, coming, boot_began
        self._writer = DetectionWriter(segment)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for number, (at, boxes) in enumerate(self._coming):
            if at < max(self._world.now() - 1 / RATE, self._boot_began):
                continue
            if self._stop.wait(max(0.0, (at - self._world.now()) / FACTOR)):
                return
            frame = SimpleNamespace(
                frame_number=number, capture_ns=int((at - self._boot_began) * 1e9), width=640, height=480
            )
            found = [(b.class_name, b.score, b.x * 640, b.y * 480, b.w * 640, b.h * 480) for b in boxes]
            self._writer.publish(frame, found)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._writer.close()


class Service:
    def __init__(self, world: World, directory: Path, config: Path, log: Path, url: str) -> None:
        self._log, self._before = log, log.stat().st_size if log.exists() else 0
        words = [sys.executable, "-m", "tests.integration.events.fast_service", config, log, *world.words()]
        places = {"STATE_DIRECTORY": str(directory), "RUNTIME_DIRECTORY": str(log.parent)}
        environment = {**places, "PETCAM_BOOT_ID": f"boot-{world.boot}", "GO_SERVER_URL": url}
        self._process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        """Until it observes."""
        end = time.monotonic() + PATIENCE
        while not (self._log.exists() and self._log.stat().st_size > self._before):
            assert self._process.poll() is None and time.monotonic() < end
            time.sleep(0.01)  # there is no event for what another process has written

    def kill(self) -> list[tuple[float, dict[int, list]]]:
        """What it had told its store."""
        assert self._process.poll() is None, "it has ended by itself"
        self._process.kill()
        self._process.wait()
        lines = self._log.read_text()[self._before :].splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [(now, {int(id_): visit for id_, visit in there.items()}) for now, there in told]

    def end(self) -> None:
        self._process.terminate()
        assert self._process.wait(PATIENCE) == 0


def lost_of(told: list[tuple[float, dict[int, list]]], world: World, left: Path) -> float:
    """How old the oldest box was, at the moment of the kill, that is not in what the service has left."""
    found, now = {event.id: event for event in all_events(left)}, told[-1][0]
    boxes: dict[int, set[float]] = {}
    overs = {id_ for _, there in told for id_, (_, _, is_over) in there.items() if is_over}
    for _, there in told:
        for id_, (begin, end, _) in there.items():
            boxes.setdefault(id_, {begin}).add(end)
    lost = [0.0]
    for id_, seen in boxes.items():
        kept = found[id_].end - NOON if id_ in found else -1.0
        lost += [now - box for box in seen if world.seen_by(box) > kept + 0.001]
        if id_ in found:
            assert found[id_].is_open or id_ in overs
    return max(lost)


def awake(day: Day) -> list[Presence]:
    """When which pet is about: the detector may lose one that sleeps for minutes."""
    found: list[Presence] = []
    for pet in day.pets:
        for stay in (stay for stay in pet.stays if not stay.asleep):
            if found and found[-1].end == stay.begin and found[-1].class_name == pet.class_name:
                found[-1] = found[-1]._replace(end=stay.end)
            else:
                found.append(Presence(pet.class_name, stay.begin, stay.end))
    return found


def was_missed(visit: Presence, watched: list[tuple[float, float]], found: list[Seen]) -> bool:
    """Whether it was watched for a quarter of a minute, a minute before a kill, and no event is of that time."""
    for begin, end in watched:
        first, last = max(begin + 3, visit.begin), min(end - 62, visit.end)
        over = [event for event in found if event.begin - NOON < last and event.end - NOON > first]
        if last - first > 15 and not over:
            return True
    return False


@pytest.fixture
def segment() -> Iterator[str]:
    name = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    yield name
    for suffix in ("", ".new"):
        with suppress(FileNotFoundError):
            os.unlink(f"/dev/shm{name}{suffix}")


@pytest.mark.timeout(PATIENCE * 2 + 20 * KILLS)
def test_a_killed_service_loses_nothing_older_than_a_minute_and_leaves_no_visit_open(
    tmp_path: Path, segment: str
) -> None:
    chance, directory = random.Random(KILLS), tmp_path / "events"
    day = full_day(1 + KILLS // 15)
    config, log = tmp_path / "petcam.yaml", tmp_path / "log"
    config.write_text(f"camera: {{detections: {segment}}}\n")
    world, lost, watched, resumed = World(day, segment), [], [], 0
    with keeping() as url:
        detector = world.detector()
        try:
            for kill in range(KILLS):
                service = Service(world, directory, config, log, url)
                service.wait()
                since = world.now()
                time.sleep(min(15.0, chance.expovariate(1 / 5)))  # that is the moment; nothing is waited for
                told = service.kill()
                watched.append((since, world.seen_by(told[-1][0])))
                resumed += bool(told[0][1])
                left = shutil.copytree(directory, tmp_path / "left")  # what a reader sees until it runs again
                lost.append(lost_of(told, world, left))
                shutil.rmtree(left)
                if kill % 4 == 3:  # the power, this time
                    detector.close()
                    world.cut_power()
                    detector = world.detector()
                else:
                    world.skip(chance.choice([1, 10, 200]))
        finally:
            detector.close()
        world.skip(1000)
        with closing(world.detector()):
            last = Service(world, directory, config, log, url)
            last.wait()
            last.end()
    found = all_events(directory)
    visits = [event for event in found if event.kind == "visit"]
    missed = [visit for visit in awake(day) if was_missed(visit, watched, visits)]
    seconds = sum(end - begin for begin, end in watched)
    print(f"{KILLS} kills in {seconds:.0f} s that were watched, {len(visits)} visits, {resumed} times gone on with")
    print(f"lost at most {max(lost):.1f} s, at the median {sorted(lost)[len(lost) // 2]:.1f} s; missed {len(missed)}")
    assert max(lost) <= 60
    assert not missed
    assert not [event for event in visits if event.is_open and event.begin - NOON < world.now() - 900]
    assert len({event.id for event in found}) == len(found)
    assert sorted(file.name for file in directory.iterdir()) == [".events.db.lock", "events.db"]
