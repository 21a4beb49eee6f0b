"""petcam-web asked over its control socket, by the client that petcam-events has."""

import base64
import os
import socket
import stat
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from petcam.commands import web as web_command
from petcam.errors import Code, PetcamError
from petcam.settings.document import TIME_FORMAT
from petcam.system.control_socket import ControlSocket, ask
from petcam.web.control import PICTURE_SECONDS, Answers, Moments
from petcam.web_control import MAX_PICTURE_BYTES, Moment, WebControl, web_control_path

TOP = Path(__file__).parents[3]
JPEG = b"\xff\xd8picture\xff\xd9"


@pytest.fixture
def pictures():
    """Of events by their ids, and that of now under "now"; an exception is raised."""
    return {}


@pytest.fixture
def address():
    return ["http://192.168.1.20:8080/"]


@pytest.fixture
def path(tmp_path, services, pictures, address):
    """petcam-web listens there."""

    def find(key):
        found = pictures.get(key)
        if isinstance(found, Exception):
            raise found
        return found

    moments = Moments(
        lambda: address[0], lambda: "TOKEN", lambda event_id, deadline: find(event_id), lambda deadline: find("now")
    )
    answers = Answers(services.camera, services.settings, moments)
    with closing(ControlSocket(tmp_path / "web-control", "petcam-web", answers, PICTURE_SECONDS)) as listening:
        listening.start()
        yield tmp_path / "web-control"


@pytest.fixture
def web(path):
    return WebControl(path)


def test_it_says_what_is_switched(web, services):
    assert web.state() == {
        "camera": {"on": True, "since": None, "by": None, "until": None},
        "home": True,
        "mute_until": None,
    }
    services.settings.change({"home": False, "mute_until": "2099-01-01T00:00:00Z"})
    services.camera.turn(False, "owner")
    state = web.state()
    assert (state["home"], state["mute_until"]) == (False, "2099-01-01T00:00:00Z")
    assert (state["camera"]["on"], state["camera"]["by"]) == (False, "owner")


def test_the_camera_is_turned_off_for_a_time_and_on_again(web, services):
    off = web.camera(False, 60, "mqtt")
    assert (off["on"], off["by"]) == (False, "mqtt") and off["until"] > off["since"]
    assert not services.camera_switch.state().on
    assert web.camera(False, None, "mqtt")["until"] is None
    assert web.camera(True, None, "mqtt")["on"] and services.camera_switch.state().on


def test_somebody_is_home_or_not(web, services):
    assert web.home(False, "mqtt") is False and services.settings.read().home is False
    assert web.home(True, "mqtt") is True and services.settings.read().home is True


def test_it_is_muted_for_a_time_and_no_longer(web, services):
    until = web.mute(60, "mqtt")
    left = datetime.strptime(until, TIME_FORMAT).replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert abs(left - timedelta(hours=1)) < timedelta(minutes=1) and services.settings.read().mute_until == until
    assert web.mute(0, "mqtt") is None and services.settings.read().mute_until is None


def test_a_moment_has_its_page_its_picture_and_a_link_that_mutes(web, pictures):
    pictures[7] = JPEG
    page, mute = "http://192.168.1.20:8080/visits/7", "http://192.168.1.20:8080/mute/TOKEN"
    assert web.moment(7) == Moment(page, mute, JPEG)
    assert web.moment(8).picture is None
    assert web.test_picture() == Moment("http://192.168.1.20:8080/", mute, None)
    pictures["now"] = JPEG
    assert web.test_picture().picture == JPEG


def test_a_page_that_nobody_else_can_open_is_not_named(web, address):
    address[0] = ""
    assert web.moment(7) == Moment("", "", None)


def test_a_picture_is_sent_up_to_its_bound(web, pictures):
    pictures[7] = b"\xff\xd8" + os.urandom(MAX_PICTURE_BYTES - 2)
    assert web.moment(7).picture == pictures[7]
    pictures[7] += b"x"
    assert web.moment(7) == web.moment(8)._replace(page="http://192.168.1.20:8080/visits/7")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({}, '"do" is one of'),
        ({"do": ["state"]}, '"do" is one of'),
        ({"do": "stop"}, '"do" is one of'),
        ({"do": "camera", "on": 1, "by": "mqtt"}, '"on" is true or false'),
        ({"do": "camera", "on": False}, '"by" is'),
        ({"do": "camera", "on": False, "by": "A\n"}, '"by" is'),
        ({"do": "camera", "on": False, "by": "mqtt", "minutes": 0}, '"minutes" is'),
        ({"do": "camera", "on": False, "by": "mqtt", "minutes": True}, '"minutes" is'),
        ({"do": "camera", "on": False, "by": "mqtt", "minutes": 10_081}, '"minutes" is'),
        ({"do": "home", "on": None, "by": "mqtt"}, '"on" is true or false'),
        ({"do": "home", "on": True}, '"by" is'),
        ({"do": "mute", "by": "mqtt"}, '"minutes" is'),
        ({"do": "mute", "minutes": -1, "by": "mqtt"}, '"minutes" is'),
        ({"do": "mute", "minutes": 60}, '"by" is'),
        ({"do": "moment"}, '"id" is'),
        ({"do": "moment", "id": "7"}, '"id" is'),
        ({"do": "moment", "id": 2**62 + 1}, '"id" is'),
    ],
)
def test_what_it_does_not_understand_changes_nothing(path, services, question, said):
    assert said in ask(path, question, 10.0, 10_000)["error"]
    assert services.camera_switch.state().since is None and not services.settings.path.exists()


def test_what_the_disk_does_not_take_is_said(web, services, monkeypatch):
    def refuse(*_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "the disk is full")

    monkeypatch.setattr(services.settings._file, "write_document", refuse)
    with pytest.raises(PetcamError, match="the disk is full"):
        web.home(False, "mqtt")


def test_a_service_that_does_not_run_is_said_with_the_remedy(tmp_path):
    with pytest.raises(PetcamError, match=r"petcam-web does not run: sudo systemctl start petcam\.target") as raised:
        WebControl(tmp_path / "nothing").state()
    assert raised.value.code is Code.WEB_AWAY


def test_it_takes_no_answer_for_a_picture_that_is_none(tmp_path):
    said = {"page": "p", "mute": None, "picture": "no base64"}
    with closing(ControlSocket(tmp_path / "control", "petcam-web", lambda *_: said)) as listening:
        listening.start()
        assert WebControl(tmp_path / "control").moment(1) == Moment("p", "", None)
        said["picture"] = base64.b64encode(b"x" * (MAX_PICTURE_BYTES + 1)).decode()
        assert WebControl(tmp_path / "control").moment(1) == Moment("p", "", None)


def test_it_is_asked_without_the_web_service_s_libraries():
    program = "import sys, petcam.web_control; sys.exit(bool({'flask', 'waitress', 'petcam.web'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], cwd=TOP).returncode == 0


def test_the_package_has_it_below_run_and_any_other_state_beside_its_files():
    assert str(web_control_path(Path("/var/lib/petcam"))) == "/run/petcam-web/control"
    assert str(web_control_path(Path("/a/demo"))) == "/a/demo/web-control"


def test_the_service_listens_there_for_its_group_alone(tmp_path, services, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    before = os.umask(0o077)
    try:
        with closing(web_command.control_socket(services)) as listening:
            listening.start()
            path = web_control_path(tmp_path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            found = WebControl(path).test_picture()
            assert found.picture is None and (found.page == "" or found.page.endswith(":8080/"))
            token = found.mute.rpartition("/")[2]
            assert found.mute == "" or services.mute_token.accepts(token)
    finally:
        os.umask(before)
    with pytest.raises(FileNotFoundError), socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(path))
