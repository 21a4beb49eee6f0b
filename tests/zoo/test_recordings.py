"""Network cameras with bad habits, recorded by the real streamer: one file, with every picture."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from petcam.system.streamer_binary import find_streamer
from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.outcome import compared
from tests.zoo.playing import Case, started
from tests.zoo.recorder import Recorder
from tests.zoo.rtsp_camera import RtspCamera

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="needs the streamer: make setup")

PICTURES = 60  # that come while it records
P_PICTURES = {number for number in range(clips.PICTURES) if number % 20 == 10}
CASES = [
    Case("half of its rate", Habits(stamped=2, jitter=0.03)),
    Case("jumps", Habits(jumps=tuple((number, (-1) ** number * 1.7) for number in range(15, 200, 15)))),
    Case("SPS of two bytes", units=lambda: clips.with_short_sps(clips.h264(), {20, 40, 60, 80, 100, 140, 160, 180})),
    Case(
        "slices that read as B",
        units=lambda: clips.with_damaged_slices(clips.h264(), P_PICTURES, (clips.B_INSTEAD_OF_P,)),
        left_out=tuple(P_PICTURES),
    ),
    Case("UDP, joined late", Habits(first=13, transports=("udp",))),
]
REFRESHES = Case("refreshes", Habits(first=5), lambda: clips.h264(intra_refresh=True))
ALL = [*CASES, REFRESHES]
by_case = pytest.mark.parametrize("case", CASES, ids=str)


def recorded(case, directory):
    """The files, and what had been sent by then."""
    with RtspCamera(case.units(), case.habits) as camera, started(directory, camera.url) as feed:
        with Recorder(directory, feed.stream) as recorder:
            recorder.start()
            feed.read(PICTURES)
            return recorder.stop(), camera.plays[0].nals


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    clips.h264()  # once, and not in each of the threads
    with ThreadPoolExecutor(len(ALL)) as pool:
        return {case.name: pool.submit(recorded, case, tmp_path_factory.mktemp("recorded")) for case in ALL}


@by_case
def test_it_is_one_recording_with_every_picture_that_can_be_decoded(case, recordings):
    (film,), sent = recordings[case.name].result()
    assert len(film.nals) >= PICTURES / 2  # the streamer may be behind a little
    found = compared(sent, film.nals)
    assert [place for place in found.lost if place % clips.PICTURES not in case.left_out] == []
    assert found.strange == 0


def test_intra_refresh_is_one_recording_with_every_picture_from_a_recovery_point_on(recordings):
    (film,), _ = recordings["refreshes"].result()
    shown = film.numbers[clips.REFRESHED_IN :]
    assert shown == [number % clips.PICTURES for number in range(shown[0], shown[0] + len(shown))]
    assert len(shown) >= PICTURES / 2
