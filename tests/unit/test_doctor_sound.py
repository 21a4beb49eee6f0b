"""`petcam doctor` lists microphones, and says what is heard or why nothing is."""

import os
import secrets
import time
from dataclasses import replace

import pytest

from petcam.access import Place, SoundSwitch
from petcam.commands import doctor_sound
from petcam.commands.finding import Sign
from petcam.config import Camera
from petcam.discovery import Found
from petcam.shm.audio import AudioWriter

SILENCE = b"\xf8\xff\xfe"


@pytest.fixture
def camera(monkeypatch):
    monkeypatch.setattr(doctor_sound, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(doctor_sound, "FRESH_NS", 60 * 10**9)
    return Camera(microphone="default", audio=f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}")


@pytest.fixture
def said(camera, tmp_path):
    """What is said of the sound where these levels are heard; None: nothing is."""

    def run(rms=None, peak=None, status="", on=True, camera=camera):
        switch = SoundSwitch(tmp_path)
        if not on:
            switch.turn(False, "owner")
        if rms is None:
            return list(doctor_sound.check_sound(camera, status, switch))[1:]
        with AudioWriter(camera.audio) as writer:
            writer.publish(SILENCE, capture_ns=time.monotonic_ns(), rms_db=rms, peak_db=peak)
            return list(doctor_sound.check_sound(camera, status, switch))[1:]

    return run


@pytest.mark.parametrize(
    ("rms", "peak", "sign", "words"),
    [
        (-41.2, -30.0, Sign.OK, "-41 dBFS, peaks -30 is heard"),
        (-80.0, -70.0, Sign.OK, "very quiet"),
        (-96.0, -96.0, Sign.LOOK, "nothing but silence"),
        (-9.0, 0.0, Sign.LOOK, "too loud"),
    ],
)
def test_it_says_what_is_heard(said, rms, peak, sign, words):
    (found,) = said(rms, peak)
    assert found.sign is sign and words in found.words


@pytest.mark.parametrize(
    ("microphone", "remedy"),
    [
        ("default", "sudo alsamixer -V capture"),
        ("plughw:CARD=C270,DEV=0", "sudo alsamixer -V capture -c C270"),
        ("hw:1,0", "sudo alsamixer -V capture -c 1"),
        ("source", "in the settings of the camera itself"),
    ],
)
def test_it_says_where_the_level_is_set(said, camera, microphone, remedy):
    (found,) = said(-9.0, 0.0, camera=replace(camera, microphone=microphone))
    assert found.words.endswith(remedy)


def test_it_says_why_nothing_is_heard_in_the_feeds_words(said):
    (found,) = said(status="playing demo; sound: no sound: the microphone default is not there: plug it in")
    assert found.sign is Sign.BROKEN and found.words.startswith("no sound: the microphone default is not there")


def test_it_says_that_the_owner_ended_it(said):
    (found,) = said(on=False)
    assert found.sign is Sign.LOOK and found.words.startswith("ended by the owner since 20")
    assert found.words.endswith("/sound.json")


def test_it_says_so_too_while_another_program_writes_sound(said):
    (found,) = said(-41.2, -30.0, on=False)
    assert found.sign is Sign.LOOK and found.words.startswith("ended by the owner")


def test_it_does_not_say_that_the_owner_ended_it_where_the_switch_cannot_be_read(camera, tmp_path):
    (tmp_path / "sound.json").write_text("{")
    for switch in (SoundSwitch(tmp_path), SoundSwitch(tmp_path / "none", place=Place(tmp_path / "none", "0" * 32))):
        _, found = doctor_sound.check_sound(camera, "", switch)
        assert found.sign is Sign.BROKEN and found.words == f"the microphone is off: {switch.fault().message}"


def test_it_asks_whether_the_feed_runs(said):
    (found,) = said()
    assert found.sign is Sign.LOOK and "is petcam-feed running?" in found.words


def test_what_a_feed_that_was_killed_has_left_is_not_heard(said, monkeypatch):
    monkeypatch.setattr(doctor_sound, "FRESH_NS", 0)
    (found,) = said(-41.2, -30.0)
    assert found.sign is Sign.LOOK and "is petcam-feed running?" in found.words


def test_it_lists_microphones_whether_one_is_set_or_not(monkeypatch, tmp_path):
    webcam = Found("Webcam (hw:1,0)", "plughw:CARD=C270,DEV=0", key="microphone")
    monkeypatch.setattr(doctor_sound, "microphones", lambda: ([webcam], ""))
    (found,) = doctor_sound.check_sound(Camera(), "", SoundSwitch(tmp_path))
    assert (found.sign, found.words) == (Sign.OK, "there are plughw:CARD=C270,DEV=0")
    monkeypatch.setattr(doctor_sound, "microphones", lambda: ([], "the kernel has no sound"))
    (found,) = doctor_sound.check_sound(Camera(), "", SoundSwitch(tmp_path))
    assert found.words == "none: the kernel has no sound"
