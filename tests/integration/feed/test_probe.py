"""``petcam feed SOURCE --probe``, for real."""

import os
import secrets
import subprocess
import sys

import pytest

from petcam import cli
from petcam.commands import probe
from petcam.commands.finding import Finding, Sign
from tests.ports import free_port
from tests.zoo import clips
from tests.zoo.habits import Habits
from tests.zoo.login import Login
from tests.zoo.rtsp_camera import RtspCamera

SECONDS = 2.5  # of live sources; one of them until arrivals count


def found(word: str) -> dict[str, Finding]:
    return {finding.subject: finding for finding in probe.examine(word, SECONDS)}


@pytest.fixture
def camera():
    with RtspCamera(clips.h264(), Habits(login=Login("Basic", "cat", "s3cret"))) as camera:
        yield camera


def test_a_network_camera_is_looked_at(camera):
    lines = found(f"rtsp://cat:s3cret@127.0.0.1:{camera.port}/live?token=s3cret")
    assert lines["codec"].sign is Sign.OK and lines["codec"].words.startswith("H.264 constrained baseline, level")
    assert lines["picture"].words == "160×120"
    assert "20.0 pictures/s" in lines["timestamps"].words
    assert lines["loss"].words.startswith("none of ")
    assert lines["sound"].words == "none"
    assert f"rtsp://127.0.0.1:{camera.port}: the first picture came" in lines["source"].words
    assert "s3cret" not in str(lines)


@pytest.mark.parametrize(
    ("habits", "sound"),
    [
        (Habits(tracks=("video", "audio")), "pcm_alaw, 8000 Hz; camera.microphone: source has it heard"),
        (Habits(tracks=("audio", "video")), "pcm_alaw, 8000 Hz; camera.microphone: source has it heard"),
        (Habits(tracks=("audio", "video"), refused=("audio",)), "it could not be had"),
        (Habits(tracks=("video", "audio"), refused=("audio",)), "it could not be had"),
    ],
)
def test_sound_is_named_and_hinders_nothing(habits, sound):
    with RtspCamera(clips.h264(), habits) as camera:
        lines = found(camera.url)
    assert lines["sound"].words.startswith(sound)
    assert lines["picture"].words == "160×120" and "20.0 pictures/s" in lines["timestamps"].words
    assert lines["sound"].sign is lines["source"].sign is Sign.OK


def test_a_camera_that_refuses_tcp_is_named():
    with RtspCamera(clips.h264(), Habits(transports=("udp",))) as camera:
        assert "by UDP, as it refuses TCP" in found(camera.url)["source"].words
    with RtspCamera(clips.h264()) as camera:
        assert "UDP" not in found(camera.url)["source"].words


@pytest.mark.parametrize(
    ("habits", "words"), [(Habits(hangs_at=30), "nothing more came for 5 s"), (Habits(closes_at=30), "it has ended")]
)
def test_a_camera_that_breaks_off_is_bad_and_what_came_is_told(habits, words):
    with RtspCamera(clips.h264(), habits) as camera:
        first, *lines = probe.examine(camera.url, SECONDS)
    assert first.sign is Sign.BROKEN and first.words.startswith(f"rtsp://127.0.0.1:{camera.port}: {words}")
    assert {"codec", "picture", "keyframes", "loss"} < {line.subject for line in lines}


def test_lost_packets_show_as_damaged_pictures():
    with RtspCamera(clips.h264(), Habits(transports=("udp",), lost_packets=12)) as camera:
        line = found(camera.url)["loss"]
    assert line.sign is Sign.LOOK and "pictures are damaged; " in line.words, line


def test_a_file_whose_pictures_lie_on_their_side_is_said_to_be_turned(turned_clip):
    line = found(str(turned_clip()))["picture"]
    assert line.sign is Sign.LOOK and "it lies on its side: to show it as 120×160 petcam" in line.words


def test_it_can_be_looked_at_twice_in_one_process(camera):
    word = f"rtsp://cat:s3cret@127.0.0.1:{camera.port}/live"
    assert [found(word)["picture"].words for _ in range(2)] == ["160×120"] * 2


def test_a_camera_that_cannot_be_reached_is_bad_and_without_its_password():
    (line,) = found(f"rtsp://cat:s3cret@127.0.0.1:{free_port()}/s3cret").values()
    assert line.sign is Sign.BROKEN and "refuses the connection" in line.words
    assert "s3cret" not in line.words


@pytest.mark.parametrize(
    ("suffix", "options", "subject", "sign", "words"),
    [
        (".mp4", {}, "loss", Sign.OK, "none of 20 pictures is damaged"),
        (".h264", {}, "loss", Sign.OK, "none of 20 pictures is damaged, as far as their headers tell"),
        (".ts", {"b_frames": 2}, "codec", Sign.LOOK, "it has B-frames"),
        (".mkv", {"codec": "libx265"}, "codec", Sign.LOOK, "H.265: browsers do not play it live"),
        (".avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, "keyframes", Sign.OK, "each picture is one"),
        (".mp4", {}, "rate", Sign.OK, "20.0 pictures/s"),
    ],
)
def test_a_file_is_looked_at(clip, suffix, options, subject, sign, words):
    line = found(str(clip(suffix, **options)))[subject]
    assert (line.sign, words in line.words) == (sign, True), line


def test_a_damaged_file_shows_in_its_pictures(clip, tmp_path):
    data = bytearray(clip(".ts").read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 188 * 20, 188):
        data[at + 100 : at + 140] = bytes(40)
    path = tmp_path / "damaged.ts"
    path.write_bytes(data)
    assert found(str(path))["loss"].sign is Sign.LOOK


def test_standard_input_is_looked_at_by_the_command(clip):
    with clip(".h264").open("rb") as stdin:
        command = [sys.executable, "-m", "petcam.cli", "feed", "-", "--probe"]
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "✓ ok    source          standard input: the first picture came" in done.stdout


@pytest.mark.parametrize(("data", "words"), [(b"", "nothing came"), (bytes(range(256)) * 9, "no H.264 in Annex-B")])
def test_standard_input_without_a_picture_is_bad_and_said_to_be_so(data, words):
    command = [sys.executable, "-m", "petcam.cli", "feed", "-", "--probe"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    assert done.returncode == 1
    (line,) = done.stdout.decode().splitlines()
    assert words in line and line.startswith("✗ bad   source          standard input: ")


def test_nothing_is_written_into_the_shared_memory(clip, tmp_path, capsys):
    config = tmp_path / "petcam.yaml"
    name = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    config.write_text(f"camera: {{stream: {name}, source: {clip('.mp4')}}}\n")
    assert cli.main(["--config", str(config), "feed", "--probe"]) == 0
    assert "20 pictures were looked at" in capsys.readouterr().out
    assert not os.path.exists(f"/dev/shm{name}")


@pytest.mark.parametrize("word", ["demo", "/no/such/file", "/", "rtsp://cat:s3cret@"])
def test_what_is_no_camera_is_bad_in_one_line(word):
    (line,) = probe.examine(word, SECONDS)
    assert line.sign is Sign.BROKEN and "s3cret" not in line.words


def test_without_pyav_it_says_what_is_missing_and_still_looks_at_h264(clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (line,) = found("rtsp://cat:s3cret@127.0.0.1:1/s3cret").values()
    assert line.words.startswith("rtsp://127.0.0.1:1 needs PyAV: ")
    assert found(str(clip(".h264")))["codec"].sign is Sign.OK
