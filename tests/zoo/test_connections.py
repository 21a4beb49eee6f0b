"""Network cameras that hang, hang up or want to be asked for more, and pictures that come only in part.

Most of them take seconds of waiting, so they all play at once.
"""

from contextlib import ExitStack

import pytest

from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.outcome import compared, nal_units, numbers
from tests.zoo.playing import Case, play_all, started
from tests.zoo.rtsp_camera import RtspCamera

WAITED_FOR = {
    "hangs": Habits(hangs_at=30),
    "never answers": Habits(is_half_open=True),
    "GET_PARAMETER": Habits(keepalive="GET_PARAMETER", session_seconds=2),
    "OPTIONS": Habits(keepalive="OPTIONS", session_seconds=2),
}
READ = [
    Case("hangs up", Habits(closes_at=30)),
    Case("loses packets", Habits(lost_packets=12), pictures=60),
    Case("keyframes far apart", Habits(fps=10), lambda: clips.h264(keyint=clips.PICTURES), pictures=150),
    Case("H.265", Habits(is_h265=True), clips.h265, pictures=60),
    Case("H.265, all stamped alike", Habits(is_h265=True, stamped=0), clips.h265, pictures=60),
    Case("refreshes", Habits(first=5), lambda: clips.h264(intra_refresh=True), pictures=60),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Camera and feed of each of ``WAITED_FOR``."""
    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp("waited-for")
        cameras = {name: stack.enter_context(RtspCamera(clips.h264(), each)) for name, each in WAITED_FOR.items()}
        yield {name: (each, stack.enter_context(started(directory, each.url))) for name, each in cameras.items()}


@pytest.fixture(scope="module")
def outcomes(running, tmp_path_factory):
    return play_all(READ, tmp_path_factory.mktemp("read"))


def test_a_camera_that_hangs_up_is_connected_to_anew_and_no_picture_before_is_lost(outcomes):
    outcome = outcomes["hangs up"].result()
    units, plays = outcome.came, outcome.plays
    again = next(place for place, unit in enumerate(units) if place and unit.discontinuity)
    came = nal_units(units)
    before = compared(plays[0].nals, came[:again])
    assert (before.lost, before.strange) == ([], 0)
    assert before.places[-1] >= 28  # the last may have been on its way
    after = compared(plays[1].nals, came[again:])
    assert (after.lost, after.strange, after.places[0]) == ([], 0, 0)


def test_packets_that_are_lost_cost_only_the_pictures_that_they_belong_to(outcomes):
    outcome = outcomes["loses packets"].result()
    sent, found = outcome.plays[0].sent, outcome.compared()
    whole = {place for place, each in enumerate(sent) if each.is_whole}
    assert len(whole) < len(sent)
    assert whole & set(range(found.places[0], found.places[-1] + 1)) <= set(found.places)
    assert len(outcome.plays) == 1


def test_where_keyframes_are_far_apart_transcoding_goes_on_with_the_next_picture(outcomes):
    outcome = outcomes["keyframes far apart"].result()
    assert any("over 12 s apart; transcoding" in line for line in outcome.log)
    shown = numbers(outcome.came)
    assert shown == list(range(shown[0], shown[0] + len(shown)))


@pytest.mark.parametrize("name", ["H.265", "H.265, all stamped alike"])
def test_other_codecs_are_transcoded_from_their_first_picture_on(outcomes, name):
    outcome = outcomes[name].result()
    assert any("it is hevc, not H.264; transcoding" in line for line in outcome.log)
    assert numbers(outcome.came) == list(range(len(outcome.came)))
    assert len(outcome.plays) == 1


def test_intra_refresh_that_is_joined_late_is_decoded_from_a_recovery_point_on(outcomes):
    outcome = outcomes["refreshes"].result()
    assert any("no keyframes; transcoding" in line for line in outcome.log)
    assert outcome.came[0].keyframe
    shown = numbers(outcome.came)[clips.REFRESHED_IN :]  # those before are not whole yet
    assert shown == list(range(shown[0], shown[0] + len(shown)))
    assert len(outcome.plays) == 1


@pytest.mark.parametrize("asked", ["GET_PARAMETER", "OPTIONS"])
def test_a_session_is_kept_alive_by_the_request_that_the_camera_knows(running, asked):
    camera, _ = running[asked]
    at_play = 1  # OPTIONS is how each conversation begins
    camera.wait_for(lambda: camera.requests.count(asked) >= at_play + 2)
    assert len(camera.plays) == 1
    assert set(camera.requests) <= {asked, "OPTIONS", "DESCRIBE", "SETUP", "PLAY"}


def test_a_camera_that_falls_silent_is_connected_to_anew(running):
    camera, feed = running["hangs"]
    assert "no picture came for 5 s: look at" in feed.wait_for("tried again")
    camera.wait_for(lambda: len(camera.plays) >= 2 and len(camera.plays[1].sent) > 20)
    assert len(camera.plays[0].sent) == 30


def test_a_camera_that_accepts_and_never_answers_is_connected_to_anew(running):
    camera, feed = running["never answers"]
    assert "rtsp://127.0.0.1" in feed.wait_for("tried again")
    camera.wait_for(lambda: len(camera.requests) >= 2)
