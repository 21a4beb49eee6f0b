"""MJPEG and snapshots with the boxes of a detector that looks 0.5 to 5 times a second, up to 1.2 s late."""

from types import SimpleNamespace

import pytest

from petcam.media.budget import PictureBudget
from petcam.web.pictures.detector_pace import keeps_up, max_box_age_ns
from petcam.web.pictures.held import MAX_HOLD_NS, HeldPictures
from petcam.web.pictures.picture import PictureOptions
from petcam.web.pictures.rendition import Rendition
from petcam.web.pictures.source import CameraPicture

av = pytest.importorskip("av")

MS = 1_000_000
FRAME = 30 * MS
FAST = [(30, 40), (30, 150), (90, 40), (90, 150)]
SLOW = [(gap, late) for gap in (200, 500, 1000, 2000) for late in (50, 700, 1200)]


def result(capture_ns, late_ms, frame_number=None, boxes=1):
    box = SimpleNamespace(class_name="cat", confidence=0.9, x=160.0, y=120.0, w=240.0, h=160.0)
    return SimpleNamespace(
        frame_number=capture_ns // FRAME if frame_number is None else frame_number,
        capture_ns=capture_ns,
        publish_ns=capture_ns + late_ms * MS,
        width=640,
        height=480,
        boxes=(box,) * boxes,
    )


def results(gap, late, count=8):
    """Of a detector that looks each ``gap`` ms and is ``late`` ms late."""
    return [result(number * gap * MS, late) for number in range(count)]


@pytest.mark.parametrize(("gap", "late"), FAST)
def test_pictures_wait_for_a_fast_detector(gap, late):
    assert keeps_up(results(gap, late), MAX_HOLD_NS)
    assert max_box_age_ns(results(gap, late)) == 500 * MS


@pytest.mark.parametrize(("gap", "late"), [*SLOW, (33, 300), (100, 1200)])
def test_no_picture_waits_for_a_slow_one(gap, late):
    assert not keeps_up(results(gap, late), MAX_HOLD_NS)


def test_pictures_wait_for_a_detector_that_looks_at_each_of_few():
    assert keeps_up([result(number * 200 * MS, 40, number) for number in range(8)], MAX_HOLD_NS)


def test_nobody_is_called_slow_after_two_results():
    assert keeps_up(results(1000, 700, 2), MAX_HOLD_NS)
    assert keeps_up([], MAX_HOLD_NS) and max_box_age_ns([]) == 500 * MS


def test_one_pause_of_a_fast_detector_changes_nothing():
    paused = [*results(33, 40, 5), result(2000 * MS, 40)]
    assert keeps_up(paused, MAX_HOLD_NS) and max_box_age_ns(paused) == 500 * MS


@pytest.mark.parametrize(
    ("gap", "late", "age"),
    [(500, 50, 1250), (1000, 150, 2500), (2000, 50, 3000), (1000, 700, 3200), (60_000, 5000, 5000)],
)
def test_boxes_may_be_as_old_as_the_detector_is_slow_and_late(gap, late, age):
    assert max_box_age_ns(results(gap, late)) == age * MS


class Encoder:
    """Says of each picture whether the box is drawn into it."""

    def encode(self, frame):
        luma = bytes(frame.planes[0])
        return b"box" if any(luma) else b"none"


def stream(gap, late, seconds, found_until=10**9):
    """What a viewer is shown, a picture each 30 ms: (when, of when, whether the box is drawn), milliseconds."""
    held, rendition = HeldPictures(PictureBudget()), Rendition(PictureOptions(boxes=True), PictureBudget())
    rendition.set_rate(100)  # nothing is left out
    known, looked, seen = [], 0, []
    for number in range(seconds * 100):
        now = number * 10 * MS
        while (looked * gap + late) * MS <= now:
            known.append(result(looked * gap * MS, late, boxes=int(looked * gap <= found_until)))
            looked += 1
        if number % 3 == 0:
            held.add(CameraPicture(now, black), 0)
        for ready in held.ready(known[-60:], now) if held else ():
            rendition.show_with_boxes(ready, Encoder)
            shown = rendition.latest.wait(0, 0)[1]
            seen.append((now // MS, shown.capture_ns // MS, shown.jpeg == b"box"))
    rendition.close()
    return seen


def black():
    frame = av.VideoFrame(64, 48, "yuv420p")
    for plane, value in zip(frame.planes, (0, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


@pytest.mark.parametrize(("gap", "late"), SLOW)
def test_the_box_of_a_still_pet_is_in_every_picture_and_none_is_held(gap, late):
    shown = [picture for picture in stream(gap, late, 12) if picture[0] > 3 * gap + late]
    assert len(shown) > 100 and all(drawn for _, _, drawn in shown)
    assert all(now == captured for now, captured, _ in shown)


@pytest.mark.parametrize(("gap", "late"), SLOW)
def test_the_box_is_gone_with_the_first_empty_result(gap, late):
    told = min(at for at in range(0, 20_000, gap) if at > 7000) + late
    shown = [picture for picture in stream(gap, late, 12, 7000) if picture[0] > 3 * gap + late]
    assert all(drawn == (now < told) for now, _, drawn in shown)


def test_pictures_are_held_for_a_fast_detector_as_ever():
    shown = stream(30, 40, 3)[10:]
    assert {now - captured for now, captured, _ in shown} == {40} and all(drawn for _, _, drawn in shown)
