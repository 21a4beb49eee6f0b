"""USB cameras that send MJPEG, through what `petcam feed /dev/videoN` has behind V4L2 (tests/zoo/usb_camera.py)."""

from dataclasses import dataclass, field

import pytest

from tests.zoo import clips
from tests.zoo.jpeg_camera import JpegCamera
from tests.zoo.outcome import numbers, require_said, require_true_captures
from tests.zoo.playing import play_all, started

PICTURES = 36  # that are read
BROKEN = (0, 1, 9, 10, 27, 40, 60, 90)  # the first among them, as USB cameras begin
SECOND_SIZE = (320, 240)


@dataclass(frozen=True)
class Case:
    name: str
    jpegs: list[bytes] = field(default_factory=clips.jpegs)
    fps: float = 20
    says: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


CUT_OFF = clips.jpegs()[0][:90]
SOME_BROKEN = [CUT_OFF if number in BROKEN else jpeg for number, jpeg in enumerate(clips.jpegs())]
CASES = [
    Case("whole"),
    Case("some broken", SOME_BROKEN, says=("damaged units left out so far: 2",)),
    Case("half of the rate", fps=15),
    Case("another size", clips.jpegs()[:20] + clips.jpegs(SECOND_SIZE)[20:]),
]
by_case = pytest.mark.parametrize("case", CASES, ids=str)


def filmed(case, directory):
    with JpegCamera(case.jpegs, case.fps) as camera:
        with started(directory, camera.url, module="tests.zoo.usb_camera") as feed:
            came = feed.read(PICTURES)
            status = feed.stop()
    return came, camera.connections, feed.log, status


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return play_all(CASES, tmp_path_factory.mktemp("usb"), filmed)


@pytest.fixture
def outcome(case, outcomes):
    return outcomes[case.name].result()


@by_case
def test_no_picture_is_lost_that_can_be_decoded(case, outcome):
    came, *_ = outcome
    shown = numbers(came)
    good = [number for number in range(clips.PICTURES) if case.jpegs[number] != CUT_OFF] * 2
    begin = good.index(shown[0])
    assert shown == good[begin : begin + len(shown)]


@by_case
def test_captures_rise_and_are_never_after_publishing(case, outcome):
    came, *_ = outcome
    require_true_captures(came)


@by_case
def test_the_log_says_what_is_wrong_and_nothing_else(case, outcome):
    _, connections, log, status = outcome
    require_said(log, case.says)
    assert connections == 1
    assert status == 0


def test_the_first_picture_that_can_be_decoded_is_the_first_that_is_shown(outcomes):
    came, *_ = outcomes["some broken"].result()
    if came[0].record == 0:  # else this reader came late
        assert numbers(came)[0] == 2


def test_another_size_comes_with_its_keyframe(outcomes):
    came, *_ = outcomes["another size"].result()
    first = next(unit for unit in came if (unit.width, unit.height) == SECOND_SIZE)
    assert first.keyframe
