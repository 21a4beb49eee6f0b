"""`petcam feed` with sound: what is in the audio segment, and that no picture waits for it."""

import json
import os
from pathlib import Path

import pytest

from petcam.access import SoundSwitch
from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.rtsp_camera import RtspCamera

RISES = 10_000_000  # ns at least, from packet to packet


def require_sound(packets):
    assert all(b.capture_ns - a.capture_ns > RISES for a, b in zip(packets, packets[1:], strict=False))
    assert all(packet.samples == 960 for packet in packets)


def test_the_demos_cat_is_heard_and_its_segment_ends_with_the_feed(feed):
    run = feed("demo", microphone="source")
    run.wait_for("hears the demo's cat")
    require_sound(run.hear(25))
    assert run.audio in run.segments()
    assert run.stop() == 0 and not run.segments()


def test_without_a_microphone_there_is_no_segment_of_sound(feed):
    run = feed("demo")
    run.read(10)
    assert run.audio not in run.segments()


@pytest.mark.parametrize("microphone", ["nowhere", "hw:7,0", "default"])
def test_a_microphone_that_is_not_there_is_said_once_and_the_picture_goes_on(feed, tmp_path, microphone):
    """It is tried again after a second: the word of it comes once."""
    none = tmp_path / "asound.conf"
    none.write_text(Path("/usr/share/alsa/alsa.conf").read_text() if microphone == "hw:7,0" else "")
    run = feed("demo", microphone=microphone, ALSA_CONFIG_PATH=str(none))
    run.wait_for(f"the microphone {microphone} ")
    run.read(45)
    said = [line for line in run.log if "no sound" in line]
    assert len(said) == 1 and "tried again in 1 s" in said[0]
    assert not any("ALSA lib" in line for line in run.log)
    assert run.audio not in run.segments() and run.stop() == 0


def test_the_owner_ends_it_for_all_and_begins_it_again(feed, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    run = feed("demo", microphone="source", STATE_DIRECTORY=str(state))
    run.hear(5)
    switch = SoundSwitch(state)
    switch.turn(False, "owner")
    run.wait_for("sound: the microphone is off")
    run.read(5)
    _wait_until_gone(f"/dev/shm{run.audio}", run)
    switch.turn(True, "owner")
    run.wait_for("sound: the microphone is on")
    run.hear(5)


def _wait_until_gone(path, run):
    """By the pictures that pass meanwhile."""
    for _ in range(100):
        if not os.path.exists(path):
            return
        run.read(2)
    raise AssertionError(f"{path} is still there")


def test_it_stays_off_where_it_was_ended_before(feed, tmp_path):
    state = {"version": 1, "on": False, "since": "2026-11-28T01:00:00Z", "by": "owner"}
    (tmp_path / "sound.json").write_text(json.dumps(state))
    run = feed("demo", microphone="source", STATE_DIRECTORY=str(tmp_path))
    run.wait_for("sound: the microphone is off")
    run.read(10)
    assert run.audio not in run.segments()


def test_it_hears_nothing_until_the_disk_is_there_on_which_the_owner_may_have_ended_it(feed, tmp_path):
    mark, credentials = "0123456789abcdef" * 2, tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "place").write_text(f"{mark}\n")
    state = tmp_path / "state"
    state.mkdir()
    where = {"STATE_DIRECTORY": str(state), "CREDENTIALS_DIRECTORY": str(credentials)}
    run = feed("demo", microphone="source", **where)
    assert ".petcam-place" in run.wait_for("the camera is off")
    assert not {run.stream, run.audio} & set(run.segments())
    (state / ".petcam-place").write_text(f"{mark}\n")
    require_sound(run.hear(10))


def test_two_feeds_with_one_segment_of_sound(feed, tmp_path):
    first = feed("demo", microphone="source")
    first.hear(5)
    second = feed("demo", microphone="source")
    second.stop()
    config = next(path for path in tmp_path.glob("*.yaml") if second.stream + "," in path.read_text())
    config.write_text(config.read_text().replace(second.audio, first.audio))
    again = feed("--config", str(config), "demo")
    again.stream = second.stream
    assert "no sound" in again.wait_for(first.audio)
    assert len(again.read(30)) == 30
    require_sound(first.hear(10))
    again.stop()
    require_sound(first.hear(10))


@pytest.mark.parametrize(
    ("tracks", "transports"), [(("audio", "video"), ("tcp",)), (("video", "audio"), ("udp",))], ids=["tcp", "udp"]
)
def test_a_cameras_sound_comes_in_the_same_connection(feed, tracks, transports):
    """And in step with its pictures: a beep begins with each twentieth."""
    with RtspCamera(clips.h264(), Habits(tracks=tracks, transports=transports, beeps=True)) as camera:
        run = feed(camera.url, microphone="source")
        packets = run.hear(125)
        run.stop()
        plays = len(camera.plays)
        began_ns = camera.plays[0].began_ns
    assert plays == 1
    require_sound(packets)
    loud = [packet.rms_db > -30 for packet in packets]
    begins = [b.capture_ns for i, b in enumerate(packets) if i and loud[i] and not loud[i - 1]]
    assert len(begins) >= 2
    off = [(begin - began_ns + 500_000_000) % 1_000_000_000 - 500_000_000 for begin in begins[1:]]
    assert max(map(abs, off)) < 200_000_000


def test_a_camera_without_sound_says_so_and_shows_its_picture(feed):
    with RtspCamera(clips.h264()) as camera:
        run = feed(camera.url, microphone="source")
        run.wait_for("has no sound: switch audio on in the camera's settings")
        run.read(30)
        assert len(camera.plays) == 1


def test_a_camera_that_refuses_its_sound_is_asked_for_pictures_alone(feed):
    with RtspCamera(clips.h264(), Habits(tracks=("audio", "video"), refused=("audio",))) as camera:
        run = feed(camera.url, microphone="source")
        assert len(run.read(30)) == 30
        run.wait_for("refuses the connection where sound is asked for")
        assert not any("no stream at this path" in line for line in run.log)
