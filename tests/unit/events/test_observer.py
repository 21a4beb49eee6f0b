"""Results become events: with the rules, a store that only listens, and a clock that stands where it is put."""

import os
import secrets
import time
from collections import deque
from contextlib import closing
from types import SimpleNamespace

import pytest

from petcam import segments
from petcam.errors import Code, PetcamError
from petcam.events import observer as module
from petcam.events.keeper import Kept
from petcam.events.observer import Observer
from petcam.events.rules import Region, Rules
from petcam.shm.detections import Box, Detections, DetectionWriter

CAT = Box("cat", 0.9, 100, 100, 120, 90)


class World:
    """Everything around an observer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **options: bool) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        self.results: deque[Detections] = deque()
        self.refusal: Exception | None = None
        self.told: list[tuple[str, str]] = []
        self.files: list[tuple[int, str, int]] = []
        self.wanted: list[float | None] = []
        self.named: list[Kept] = []
        self.suspended = False
        self.is_on = True
        self.places: list[Region] = []
        self.observer = Observer(
            self,
            Rules(),
            [],
            self,
            self,
            lambda: None,
            may_look=lambda: self.is_on,
            places=lambda: self.places,
            **options,  # type: ignore[arg-type]
        )

    def read(self, timeout: float) -> Detections | None:
        assert timeout == 0
        if self.refusal is not None:
            raise self.refusal
        return self.results.popleft() if self.results else None

    def take(self, change=None, now_ns: int = 0):
        if change is None:
            named, self.named = self.named, []
            return named
        self.told.append((change.kind, change.visit.class_name))
        return 1

    def kept(self, number: int, filename: str, first_ns: int, now_ns: int) -> None:
        self.files.append((number, filename, first_ns))

    def look_at_clock(self, reading: object) -> bool:
        return self.suspended

    def write(self, now_ns: int) -> None:
        pass

    def want(self, since: float | None) -> None:
        self.wanted.append(since)

    def pass_seconds(self, seconds: float, *boxes: Box, quiet: bool = False) -> None:
        """With five results a second, or none."""
        for n in range(round(seconds * 5)):
            self.now += 0.2
            if not quiet:
                self.results.append(Detections(1, n, n, int(self.now * 1e9), 0, 640, 360, boxes))
            self.observer.step()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_visit_is_told_to_the_store(world: World) -> None:
    world.pass_seconds(10, CAT)
    world.pass_seconds(1000)
    assert [kind for kind, _ in world.told] == ["begin", "end"]


def test_places_are_those_that_there_are_at_the_moment(world: World) -> None:
    world.pass_seconds(10, CAT)
    assert world.told == [("begin", "cat")]
    world.places = [Region("p1", "sofa", ((0, 0), (1, 0), (1, 1), (0, 1)))]
    world.pass_seconds(1, CAT)
    assert world.told[1:] == [("change", "cat")]
    world.places = []
    world.pass_seconds(1, CAT)
    assert world.told[2:] == [("change", "cat")]


def test_a_visit_ends_when_the_camera_is_turned_off(world: World) -> None:
    world.pass_seconds(100, CAT)  # it has been lying still for long
    world.is_on = False
    world.pass_seconds(0.4, quiet=True)
    assert [kind for kind, _ in world.told if kind != "change"] == ["begin", "end"] and world.wanted[-1] is None
    world.is_on = True
    world.pass_seconds(10, CAT)
    assert [kind for kind, _ in world.told if kind != "change"] == ["begin", "end", "begin"]


def test_it_is_recorded_while_the_pet_moves_and_not_while_it_sleeps(world: World) -> None:
    for n in range(10):
        world.pass_seconds(1, CAT._replace(x=30 * n))
    assert world.wanted[-1] == pytest.approx(1000.2)
    world.pass_seconds(60, CAT._replace(x=270))
    assert world.wanted[-1] is None and world.observer.status.startswith("there: cat since ")
    stirs = world.now
    for n in range(5):
        world.pass_seconds(1, CAT._replace(x=270 - 60 * n))
    assert stirs - 3 < world.wanted[-1] < stirs  # and not from the begin, as a stretch of sleep would be


def test_of_two_pets_the_one_that_has_never_been_still_says_from_when_on(world: World) -> None:
    dog = Box("dog", 0.9, 500, 200, 60, 60)
    world.pass_seconds(60, CAT)
    for n in range(10):
        world.pass_seconds(1, CAT, dog._replace(x=500 - 40 * n))
    since = world.wanted[-1]
    assert since == pytest.approx(1060.2)
    for n in range(5):
        world.pass_seconds(1, CAT._replace(y=100 + 40 * n), dog._replace(x=140 + 40 * n))
    assert world.wanted[-1] == since


def test_and_no_longer_when_it_has_left(world: World) -> None:
    for n in range(10):
        world.pass_seconds(1, CAT._replace(x=30 * n))
    world.pass_seconds(5)
    assert world.wanted[-1] is None


def test_files_are_named_to_the_visits_that_they_show(world: World) -> None:
    world.pass_seconds(2, CAT)
    world.named = [Kept("petcam_20261127-120000~visit.mp4", 995_000_000_000)]
    world.pass_seconds(0.2, CAT)
    assert world.files == [(1, "petcam_20261127-120000~visit.mp4", 995_000_000_000)]


def test_so_are_those_whose_answer_comes_when_the_pet_has_left(world: World) -> None:
    world.pass_seconds(2, CAT)
    world.pass_seconds(10)
    world.named = [Kept("petcam_20261127-120000~visit.mp4", 995_000_000_000)]
    world.pass_seconds(0.2)
    assert world.files == [(1, "petcam_20261127-120000~visit.mp4", 995_000_000_000)]


def test_but_a_pet_that_slept_all_the_time_is_in_no_file_of_another(world: World) -> None:
    world.pass_seconds(20, CAT)
    world.named = [Kept("petcam_20261127-120010~visit.mp4", 1_010_000_000_000)]
    world.pass_seconds(0.2, CAT)
    assert world.files == []


def test_silence_is_an_empty_result_where_those_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, leaves_out_empty=True)
    for n in range(10):
        world.pass_seconds(1, CAT._replace(x=30 * n))
    world.pass_seconds(43, quiet=True)
    assert world.told[-1] == ("end", "cat")


def test_elsewhere_it_is_a_detector_that_does_not_look(world: World) -> None:
    for n in range(10):
        world.pass_seconds(1, CAT._replace(x=30 * n))
    world.pass_seconds(100, quiet=True)
    assert world.told == [("begin", "cat")]
    world.pass_seconds(100, quiet=True)
    assert world.told[-1] == ("end", "cat")


def test_it_says_what_it_waits_for(world: World) -> None:
    assert world.observer.status == "waits for a detector"
    world.pass_seconds(1)
    assert world.observer.status == "nobody there"


@pytest.mark.parametrize(
    "refusal",
    [PetcamError(Code.BAD_SEGMENT, "/d: version 9 is not known here"), PermissionError(13, "Permission denied", "/d")],
)
def test_results_that_cannot_be_read_are_said_and_waited_for(
    world: World, caplog: pytest.LogCaptureFixture, refusal: Exception
) -> None:
    world.pass_seconds(5, CAT)
    world.refusal = refusal
    world.pass_seconds(5)
    assert world.observer.trouble.startswith("cannot read the detector's results: ") and "/d" in world.observer.trouble
    assert len(caplog.messages) == 1
    world.refusal = None
    world.results.clear()
    world.pass_seconds(1, CAT)
    assert world.observer.trouble == "" and world.observer.status.startswith("there: cat since ")


def test_after_the_machine_was_suspended_it_begins_anew(world: World) -> None:
    world.pass_seconds(5, CAT)
    world.suspended = True
    world.pass_seconds(12)
    world.suspended = False
    assert world.observer.status == "nobody there"
    world.pass_seconds(5, CAT)
    assert [kind for kind, _ in world.told] == ["begin", "begin"]


def test_a_detector_that_has_gone_silent_is_trouble_and_one_that_never_came_is_not(monkeypatch) -> None:
    world = World(monkeypatch)
    world.pass_seconds(120, quiet=True)
    assert (world.observer.status, world.observer.trouble) == (module.WAITS, "")
    world.pass_seconds(1)
    assert (world.observer.status, world.observer.trouble) == ("nobody there", "")
    world.pass_seconds(59, quiet=True)
    assert world.observer.trouble == ""
    world.pass_seconds(65, quiet=True)
    said = "no detector has said anything for 2 min; to see what works: sudo petcam doctor"
    assert world.observer.trouble == said
    world.pass_seconds(0.2)
    assert world.observer.trouble == ""


def test_the_silence_of_a_detector_that_publishes_only_what_it_finds_is_no_trouble(monkeypatch) -> None:
    world = World(monkeypatch, leaves_out_empty=True)
    world.pass_seconds(2, CAT)
    world.pass_seconds(300, quiet=True)
    assert world.observer.trouble == ""


@pytest.mark.parametrize("late", [0.2, 0.9, 1.8])
@pytest.mark.parametrize("every", [1.0, 1.2, 2.0])
def test_a_slow_detector_that_leaves_out_empty_results_is_heard_however_late_they_come(
    monkeypatch: pytest.MonkeyPatch, late: float, every: float
) -> None:
    world = World(monkeypatch, leaves_out_empty=True)
    seen = [1000.0 + n * every for n in range(20)]  # when it looked at a cat that walks by
    while world.now < seen[-1] + late:
        world.now += 0.1
        while seen and seen[0] + late <= world.now and len(seen) > 1:
            moment = seen.pop(0)
            box = CAT._replace(x=moment % 10 * 30)
            world.results.append(Detections(1, 1, 1, int(moment * 1e9), 0, 640, 360, (box,)))
        world.observer.step()
    assert world.told[:1] == [("begin", "cat")]
    assert world.observer.status.startswith("there: cat since ")


@pytest.mark.parametrize("ahead", [5.0, 1.8e9, 1.8e10])
def test_a_result_of_the_future_is_said_and_keeps_none_of_the_next_from_being_noticed(
    world: World, caplog: pytest.LogCaptureFixture, ahead: float
) -> None:
    world.results.append(Detections(1, 0, 0, int((world.now + ahead) * 1e9), 0, 640, 360, (CAT,)))
    world.pass_seconds(1, quiet=True)
    assert "ahead of this machine's" in world.observer.trouble and len(caplog.messages) == 1
    world.pass_seconds(5, CAT)
    assert world.observer.trouble == "" and world.told == [("begin", "cat")]


def test_what_came_before_the_camera_was_turned_off_is_not_looked_at_once_it_is_on(monkeypatch):
    """Also where nobody had read it by then: a visit would begin before it was turned on."""
    name = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}_d"
    gate = [True, 0]
    reader = segments.detection_reader("petcam", name, gate=lambda: (gate[0], gate[1]))
    with monkeypatch.context() as stopped:
        world = World(stopped)
    observer = Observer(reader, Rules(), [], world, world, lambda: None, may_look=lambda: gate[0])
    with closing(reader), DetectionWriter(name, writer_name="test") as writer:

        def publish(number):
            frame = SimpleNamespace(frame_number=number, capture_ns=time.monotonic_ns(), width=640, height=360)
            writer.publish(frame, [Box("cat", 0.9, 200, 100, 90, 60)])

        publish(1)
        observer.step()
        publish(2)
        observer.step()
        publish(3)
        before = observer._results
        for is_on in (False, True):
            gate[:] = is_on, time.monotonic_ns()
            observer.step()
        assert observer._results == before
        publish(4)
        observer.step()
        assert observer._results == before + 1
