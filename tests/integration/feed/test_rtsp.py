"""RTSP for real, over loopback, against a camera that wants a password; tests/zoo has those with bad habits."""

import pytest

from petcam.h264 import annexb
from tests.ports import free_port
from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.login import Login
from tests.zoo.rtsp_camera import RtspCamera


@pytest.fixture
def camera():
    with RtspCamera(clips.h264(), Habits(login=Login("Basic", "cat", "s3cret"))) as camera:
        yield camera


def test_a_network_cameras_stream_is_passed_through_at_its_own_frame_rate(feed, camera):
    run = feed(camera.url)
    units = run.read(50)
    assert units[0].keyframe and units[0].width == 160
    assert {annexb.nal_type(nal) for unit in units for nal in annexb.nal_units(unit.data)} >= {1, 5, 7, 8}
    units = units[20:]  # those before came at once, as FFmpeg had looked at them
    length = (units[-1].capture_ns - units[0].capture_ns) / (len(units) - 1) / 1e9
    assert length == pytest.approx(1 / 20, rel=0.1)
    assert run.stop() == 0
    assert run.segments() == []


def test_the_password_in_the_url_reaches_the_camera_and_never_the_log(feed, camera):
    run = feed(f"{camera.url}?token=s3cret")
    run.read(5)
    camera.hang_up()  # it has played, so the password was right
    run.wait_for("tried again")
    assert run.stop() == 0
    assert f"rtsp://127.0.0.1:{camera.port}:" in "".join(run.log)
    assert "s3cret" not in "".join(run.log)


def test_a_camera_that_closes_the_connection_is_connected_to_again(feed, camera):
    run = feed(camera.url)
    run.read(5)
    camera.hang_up()
    run.wait_for("tried again")
    units = run.read(60)
    assert any(unit.discontinuity for unit in units)


def test_a_camera_that_cannot_be_reached_is_logged_without_its_password(feed):
    run = feed(f"rtsp://cat:s3cret@127.0.0.1:{free_port()}/live")
    assert "refuses the connection" in run.wait_for("tried again in 1 s")
    assert run.stop() == 0
    assert "s3cret" not in "".join(run.log)


def test_the_feed_stops_within_seconds_while_a_camera_never_answers(feed):
    with RtspCamera(clips.h264(), Habits(is_half_open=True)) as camera:
        run = feed(camera.url)
        camera.wait_for(lambda: camera.requests)
        assert run.stop() == 0
    assert run.segments() == []
