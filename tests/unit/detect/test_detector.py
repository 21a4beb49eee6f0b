"""The detector as a service runs it: access units in, results out, and how it goes in words."""

from types import SimpleNamespace

import pytest

pytest.importorskip("av")

from petcam.detect.detector import RETRY_SECONDS, Detector  # noqa: E402
from petcam.errors import Code, PetcamError  # noqa: E402
from petcam.shm.detections import Box  # noqa: E402

CAT = Box("cat", 0.9, 10, 20, 30, 40)


class Reader:
    """Gives what ``coming`` holds, batch by batch; an error is raised."""

    def __init__(self, *batches):
        self.batches, self.batch = list(batches), []

    def read(self, timeout):
        if timeout:
            self.batch = list(self.batches.pop(0)) if self.batches else []
        unit = self.batch.pop(0) if self.batch else None
        if isinstance(unit, Exception):
            raise unit
        return unit


class Writer:
    def __init__(self):
        self.published = []

    def publish(self, frame, boxes):
        self.published.append((frame, boxes))


class Sight:
    """The newest access unit is always due."""

    def __init__(self):
        self.units = []

    def add(self, unit):
        self.units.append(unit)

    def next(self, interval_ns, busy):
        if not self.units:
            return None
        newest, self.units = self.units[-1], []
        return newest, f"frame of {newest}"


class Watcher:
    is_busy = True

    def __init__(self, boxes=()):
        self.found, self.calls = list(boxes), []

    def see(self, frame):
        self.calls.append(("see", frame))

    def look(self, frame, look_ns):
        self.calls.append(("look", frame))
        return True

    def boxes(self, frame):
        return self.found


def made(reader, boxes=(), wait=0.0):
    share = SimpleNamespace(wait_seconds=lambda: wait)
    return Detector(reader, Writer(), Watcher(boxes), Sight(), share, 5.0)


def test_the_newest_of_what_has_come_is_looked_at_and_its_boxes_published() -> None:
    detector = made(Reader([1, 2, 3]), [CAT])
    detector.step()
    assert detector._watcher.calls == [("see", "frame of 3"), ("look", "frame of 3")]
    assert detector._writer.published == [(3, [CAT])]
    assert detector.status.endswith("sees cat 90 %")


def test_where_nothing_is_there_an_empty_list_is_published() -> None:
    detector = made(Reader([1]))
    detector.step()
    assert detector._writer.published == [(1, [])]


def test_no_more_boxes_are_published_than_fit() -> None:
    detector = made(Reader([1]), [CAT] * 40)
    detector.step()
    assert len(detector._writer.published[0][1]) == 32


def test_without_its_share_of_a_core_it_takes_what_comes_and_looks_at_nothing() -> None:
    detector = made(Reader([1, 2]), wait=0.1)
    detector.step()
    assert detector._sight.units == [1, 2]
    assert detector._writer.published == []
    assert 0 < detector.pause() <= 0.2


def test_while_the_camera_is_silent_it_rests() -> None:
    detector = made(Reader())
    detector.step()
    assert detector._watcher.calls == []
    assert detector.status == "waits for pictures"


def test_pictures_that_cannot_be_read_are_said_once_and_tried_again(caplog) -> None:
    trouble = PetcamError(Code.UNSUPPORTED, "unsupported picture size: 9000x9000")
    detector = made(Reader([trouble], [trouble], [1]))
    with caplog.at_level("INFO"):
        detector.step()
        detector.step()
        assert detector.status == trouble.message
        assert detector.pause() == RETRY_SECONDS
        detector.step()
    assert [record.message for record in caplog.records] == [trouble.message, "pictures can be looked at again"]
    assert len(detector._writer.published) == 1


def test_a_segment_that_was_taken_away_ends_it() -> None:
    detector = made(Reader([1]))

    def gone(frame, boxes):
        raise PetcamError(Code.BAD_SEGMENT, "was removed")

    detector._writer.publish = gone
    with pytest.raises(PetcamError, match="was removed"):
        detector.step()
