"""``petcam doctor``: each finding comes with its remedy."""

import argparse
import io
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from petcam import qr_code
from petcam.access import CameraSwitch, Place
from petcam.commands import doctor
from petcam.commands.doctor import Sign
from petcam.commands.doctor_events import check_events
from petcam.config import Auth, Config, Web
from petcam.detect.wanted import Wanted
from petcam.events.control import Control, State
from petcam.events.control_client import ControlClient
from petcam.events.observer import WAITS
from petcam.feed.feeder import Feeder
from petcam.web.http import own_address
from tests.unit.events.stand_ins import Board


def test_it_names_a_port_that_another_program_has_and_its_key():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        found = doctor.check_port("web port", False, "web.port", "127.0.0.1", taken)
    assert (found.sign, found.words) == (
        Sign.BROKEN,
        f"{taken} on 127.0.0.1 is taken by another program: end it or change web.port",
    )
    found = doctor.check_port("web port", False, "web.port", "127.0.0.1", taken)
    assert found.sign is Sign.LOOK
    assert "sudo systemctl start petcam.target" in found.words
    assert "journalctl" in found.words


@pytest.mark.parametrize(("key", "host_key"), [("web.port", "web.host"), ("webrtc.udp_port", "streamer.host")])
def test_an_address_that_has_not_come_yet_is_not_called_taken(key, host_key):
    found = doctor.check_port("a port", False, key, "192.0.2.99", 8080)
    words = f"192.0.2.99 ({host_key}) is no address of this machine now; petcam waits until it is"
    assert (found.sign, found.words) == (Sign.BROKEN, words)


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (b'{"status":"ok","faults":["token.key: has 2 bytes; remove it"]}', ["token.key: has 2 bytes; remove it"]),
        (b'{"status":"ok"}', []),
        (b'{"faults":null}', []),
        (b"[]", []),
        (b"<html>", []),
    ],
)
def test_it_reports_what_the_streamer_says_is_damaged(health, said):
    assert [finding.words for finding in doctor.streamer_faults(health)] == said


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (
            b'{"by_itself":{"recording":false,"error":"The disk is full; delete recordings","reason":"Disk full"}}',
            ["nothing is recorded by itself: The disk is full; delete recordings"],
        ),
        (b'{"by_itself":{"error":"is not there; mount it","reason":"Disk not mounted"}}', []),
        (b'{"by_itself":{"recording":true,"error":"","reason":""}}', []),
        (b'{"by_itself":null}', []),
        (b'{"by_itself":[1]}', []),
        (b"{}", []),
        (b"[]", []),
        (b"<html>", []),
    ],
)
def test_it_reports_why_nothing_is_recorded_by_itself(health, said):
    assert [finding.words for finding in doctor.by_itself_trouble(health)] == said


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (b'{"recording_mode":"always"}', ["the mode is always", "recording.mode is visits"]),
        (b'{"recording_mode":"visits"}', None),
        (b'{"recording_mode":"\\u001b[0m"}', None),
        (b'{"recording_mode":["always"]}', None),
        (b"{}", None),
        (b"[]", None),
        (b"<html>", None),
    ],
)
def test_it_says_which_mode_is_in_force_where_the_configuration_says_another(health, said):
    found = [finding.words for finding in doctor.other_mode(health, "visits")]
    assert len(found) == (said is not None) and all(part in found[0] for part in said or ())


@pytest.mark.parametrize(
    ("health", "is_missing"),
    [
        (b'{"recording_reason":"Disk not mounted"}', True),
        (b'{"recording_reason":"Disk full"}', False),
        (b"[]", False),
        (b"<html>", False),
        (None, False),
    ],
)
def test_folder_and_space_are_not_looked_at_while_the_recordings_disk_is_missing(
    tmp_path, monkeypatch, health, is_missing
):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(doctor, "http_get", lambda *_: health)
    found = {finding.subject for finding in doctor.examine(tmp_path / "petcam.yaml", Config())}
    assert {"recordings", "disk"} & found == (set() if is_missing else {"recordings", "disk"})


def test_it_gives_the_command_that_sets_a_clock_in_1970(monkeypatch):
    for is_there, remedy in ((True, "sudo timedatectl set-ntp true"), (False, "sudo apt install systemd-timesyncd")):
        monkeypatch.setattr(doctor, "has_time_service", lambda is_there=is_there: is_there)
        found = doctor.check_clock(100)
        assert found.sign is Sign.LOOK
        assert "1970" in found.words and found.words.endswith(f": {remedy}")
    assert doctor.check_clock(doctor.EARLIEST_TIME).sign is Sign.OK


def test_it_gives_the_command_that_makes_a_missing_key(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "SECRETS_DIRECTORY", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "session.key").write_bytes(b"k" * 32)
    (found,) = doctor.check_secrets()
    assert found.sign is Sign.BROKEN
    assert f"{tmp_path}/token.key is missing: sudo systemctl restart petcam.target" in found.words
    (tmp_path / "token.key").write_bytes(b"k" * 32)
    assert list(doctor.check_secrets()) == []
    (tmp_path / "token.key").write_bytes(b"k")
    (found,) = doctor.check_secrets()
    assert (
        found.sign is Sign.BROKEN
        and "is shorter than 32 bytes" in found.words
        and "restart petcam.target" in found.words
    )


def test_it_says_which_state_file_is_damaged(tmp_path):
    (tmp_path / "owner.json").mkdir()
    (tmp_path / "sessions.json").write_text("{")
    for name in ("sound.json", "settings.json", "places.json"):
        (tmp_path / name).write_text("{")
    words = [found.words for found in doctor.check_state(tmp_path) if found.sign is Sign.BROKEN]
    assert len(words) == 5
    assert "owner.json is damaged: it is no regular file" in words[0] and "sudo petcam password" in words[0]
    assert "sessions.json is damaged" in words[1] and "log in again" in words[1]
    assert "sound.json is damaged" in words[2] and "the microphone is off" in words[2]
    assert "settings.json is damaged" in words[3] and "as petcam brings them" in words[3]
    assert "places.json is damaged" in words[4] and "there are no places" in words[4]


def test_it_reports_a_disk_that_is_full_or_nearly_full(tmp_path, monkeypatch):
    for free, sign in (
        (doctor.MIN_SPACE_BYTES - 1, Sign.BROKEN),
        (doctor.LOW_SPACE_BYTES - 1, Sign.LOOK),
        (1 << 34, Sign.OK),
    ):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert doctor.check_space(tmp_path / "not/made/yet").sign is sign


def test_it_reports_a_camera_without_a_password(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert "sudo petcam password" in doctor.check_password(Config()).words
    assert doctor.check_password(Config(auth=Auth(mode="none"))).sign is Sign.LOOK
    home = Config(web=Web(host="127.0.0.1"), auth=Auth(mode="none"))
    assert doctor.check_password(home).sign is Sign.OK


def test_it_names_the_page_by_mdns_where_avahi_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "AVAHI_DIRECTORY", tmp_path)
    monkeypatch.setattr(socket, "gethostname", lambda: "Cam.home.example")
    for said in ("", "cam.local"):
        monkeypatch.setattr(doctor, "mdns_name", lambda said=said: said)
        found = doctor.check_url(Config())
        assert found.sign is Sign.OK and found.words.endswith("http://cam.local:8080")
    monkeypatch.setattr(doctor, "mdns_name", lambda: "cam-2.local")
    found = doctor.check_url(Config())
    assert found.sign is Sign.LOOK
    assert "http://cam-2.local:8080, as another device here is cam.local" in found.words
    monkeypatch.setattr(doctor, "AVAHI_DIRECTORY", tmp_path / "absent")
    assert "sudo apt install avahi-daemon" in doctor.check_url(Config()).words


@pytest.mark.parametrize(
    ("status", "signs"),
    [
        ("playing rtsp://camera", [Sign.OK]),
        ("rtsp://camera: refuses the user or the password (401): write them into camera.source", [Sign.BROKEN]),
        ("", []),
    ],
)
def test_it_says_what_the_feed_says_of_its_source(status, signs):
    found = list(doctor.check_source(status))
    assert [each.sign for each in found] == signs
    assert [each.words for each in found] == [status] * len(signs)


def test_what_the_feed_says_of_its_sound_is_no_trouble_of_its_source():
    (found,) = doctor.check_source("playing demo; sound: no sound: the microphone x is not there")
    assert (found.sign, found.words) == (Sign.OK, "playing demo")


def test_it_says_of_the_camera_that_it_is_off_by_whom_and_why(tmp_path):
    switch = CameraSwitch(tmp_path)
    assert doctor.check_switch(switch).sign is Sign.OK
    switch.turn(False, "owner", 60)
    found = doctor.check_switch(switch)
    assert found.sign is Sign.LOOK and "by owner; to turn it on: sudo petcam camera on" in found.words
    switch.path.write_text("{")
    found = doctor.check_switch(switch)
    assert found.sign is Sign.BROKEN and found.words.startswith(f"is off: {switch.path}")


def test_of_a_state_that_is_not_there_it_says_that_the_camera_is_off_and_the_log_says_nothing(tmp_path, caplog):
    found = doctor.check_switch(CameraSwitch(tmp_path, place=Place(tmp_path, "0" * 32)))
    words = f"is off: {tmp_path} is not where petcam was set up"
    assert found.sign is Sign.BROKEN and found.words.startswith(words) and caplog.text == ""


def test_a_feed_without_trouble_is_known_by_how_its_status_begins():
    source = SimpleNamespace(name="film.mp4", restartable=True)
    (found,) = doctor.check_source(Feeder(source, None).status)
    assert (found.sign, found.words) == (Sign.OK, "playing film.mp4")


def test_without_systemd_the_feed_has_no_status(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert doctor.status_of("petcam-feed.service") == ""


class Terminal(io.StringIO):
    """Standard output, of a terminal or of a file."""

    def __init__(self, is_terminal, encoding="utf-8"):
        super().__init__()
        self._is_terminal, self._encoding = is_terminal, encoding

    def isatty(self):
        return self._is_terminal

    @property
    def encoding(self):
        return self._encoding

    def reconfigure(self, **_):
        pass


def printed(monkeypatch, terminal, config=None):
    monkeypatch.setattr(doctor, "examine", lambda *_: iter(()))
    monkeypatch.setattr(sys, "stdout", terminal)
    assert doctor.run(argparse.Namespace(config=None), config or Config()) == 0
    return terminal.getvalue()


@pytest.fixture
def on_the_lan(monkeypatch, tmp_path):
    """No avahi here; then ``named()``: avahi says a name."""
    monkeypatch.setattr(doctor, "AVAHI_DIRECTORY", tmp_path / "absent")
    monkeypatch.setattr(own_address, "lan_address", lambda: "192.168.1.20")

    def named():
        monkeypatch.setattr(doctor, "AVAHI_DIRECTORY", tmp_path)
        monkeypatch.setattr(doctor, "mdns_name", lambda: "cam.local")

    return named


def test_in_a_terminal_it_ends_with_the_pages_qr_code(monkeypatch, on_the_lan):
    url = "http://192.168.1.20:8080/"
    said = printed(monkeypatch, Terminal(True))
    assert said == "\n".join(["", *qr_code.lines(url), f"this opens {url}", ""])


def test_the_code_has_the_name_that_avahi_makes_known(monkeypatch, on_the_lan):
    on_the_lan()
    assert printed(monkeypatch, Terminal(True)).endswith("this opens http://cam.local:8080/\n")


@pytest.mark.parametrize("terminal", [Terminal(False), Terminal(True, "ascii"), Terminal(True, "iso-8859-1")])
def test_there_is_no_code_in_a_file_or_where_it_cannot_be_shown(monkeypatch, on_the_lan, terminal):
    assert printed(monkeypatch, terminal) == ""


def test_there_is_no_code_of_an_address_that_no_phone_reaches(monkeypatch, on_the_lan):
    assert printed(monkeypatch, Terminal(True), Config(web=Web(host="127.0.0.1"))) == ""


def test_without_segno_it_says_what_to_install(monkeypatch, on_the_lan):
    monkeypatch.setitem(sys.modules, "segno", None)
    said = printed(monkeypatch, Terminal(True))
    assert "http://192.168.1.20:8080/" in said and "sudo apt install python3-segno" in said


@pytest.mark.parametrize(
    ("found", "status", "sign", "words"),
    [
        (Wanted(None, "detect.model is off"), "", Sign.OK, "detect.model is off"),
        (Wanted(None, "no model: install it", is_lack=True), "", Sign.LOOK, "no model: install it"),
        (Wanted(Path("/no/such/pets.onnx")), "", Sign.BROKEN, "there is no file /no/such/pets.onnx"),
        (Wanted(Path(__file__)), "", Sign.LOOK, "petcam-detect does not run"),
        (Wanted(Path(__file__)), "2.0 looks a second", Sign.OK, "2.0 looks a second"),
    ],
)
def test_it_says_whether_petcam_looks_for_pets_and_how_that_goes(monkeypatch, found, status, sign, words):
    monkeypatch.setattr(doctor.pyav, "is_installed", lambda: True)
    said = doctor.check_detector(found, status)
    assert (said.subject, said.sign) == ("detector", sign)
    assert words in said.words


def test_a_detector_without_pyav_is_said_with_the_remedy_for_its_service(monkeypatch):
    monkeypatch.setattr(doctor.pyav, "is_installed", lambda: False)
    said = doctor.check_detector(Wanted(Path(__file__)), "")
    assert said.sign is Sign.BROKEN
    assert said.words.endswith("sudo apt install python3-av; sudo systemctl restart petcam-detect")


@pytest.fixture
def noticing(tmp_path):
    """A control socket of petcam-events, and what doctor says of it and of the database beside it."""
    control = Control(tmp_path / "control")

    def say(state=None):
        if state is not None:
            control.turn(state, None)
        found = list(check_events(tmp_path, ControlClient(tmp_path / "control"), "/petcam_detections"))
        return {finding.subject: finding for finding in found}

    yield SimpleNamespace(control=control, say=say, database=tmp_path / "events.db")
    control.close()


def test_it_says_that_nobody_notices_anything_and_what_to_do(noticing):
    found = noticing.say()["noticing"]
    assert (found.sign, found.words) == (
        Sign.BROKEN,
        "petcam-events does not run: sudo systemctl start petcam.target",
    )


def test_it_says_how_noticing_goes(noticing):
    noticing.control.start()
    for state, sign, words in (
        (State("there: cat since 12:01"), Sign.OK, "there: cat since 12:01"),
        (State("nobody there", "the disk is full"), Sign.BROKEN, "nobody there; the disk is full"),
        (State(WAITS), Sign.LOOK, "until one writes /petcam_detections; see the lines detector and detections"),
    ):
        found = noticing.say(state)["noticing"]
        assert found.sign is sign
        assert words in found.words


def test_it_says_whether_the_database_can_be_read(noticing):
    assert noticing.say()["events"].words.endswith("nothing yet was noticed")
    board = Board(noticing.database.parent)
    board.visit(5)
    board.close()
    assert noticing.say()["events"].words.endswith("something was noticed")
    noticing.database.write_bytes(b"\xff" * 4096)
    found = noticing.say()["events"]
    assert found.sign is Sign.BROKEN
    assert "cannot be read" in found.words and "sudo systemctl restart petcam.target" in found.words
