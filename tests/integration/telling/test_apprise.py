"""Real Apprise, where it is installed, against a receiver: what arrives, what is tried again, and what it says."""

import base64
import io
import logging
import tempfile
import threading
from pathlib import Path

import pytest

from petcam.telling import apprise_way as module
from petcam.telling.apprise_way import AppriseWay
from petcam.telling.message import Message
from petcam.telling.way import NotSentError, UnclearError
from tests.unit.telling import receiver as habits
from tests.unit.telling.receiver import Receiver, answers

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 400
MESSAGE = Message(
    *("petcam-7", "visit", "begin", "猫が来ました", "居間 · 12:00", "http://board.local:8080/visits/7"),
    *("http://board.local:8080/mute/abc", "1 時間お知らせを止める", PICTURE),
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Debian 12's Apprise, as it is imported


@pytest.fixture
def installed():
    pytest.importorskip("apprise", reason="Apprise is not installed: apt install apprise")


@pytest.fixture
def server():
    with Receiver() as receiver:
        yield receiver


def way(server, seconds=60.0):
    return AppriseWay(f"json://u:s3cret@127.0.0.1:{server.port}/s3cret?rto=0.5&cto=2", seconds)


def test_it_brings_words_link_mute_and_picture(installed, server, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert way(server).send(MESSAGE) is False
    (got,) = server.got
    assert got.json["title"] == "猫が来ました"
    assert got.json["message"].split("\n") == [
        "居間 · 12:00",
        "http://board.local:8080/visits/7",
        "1 時間お知らせを止める: http://board.local:8080/mute/abc",
    ]
    (attached,) = got.json["attachments"]
    assert base64.b64decode(attached["base64"]) == PICTURE
    assert list(tmp_path.iterdir()) == []  # nothing is left of the file


@pytest.mark.parametrize("status", [404, 503])
def test_what_is_refused_has_not_arrived(installed, server, status):
    server.habit = answers(status)
    with pytest.raises(NotSentError, match="Apprise could not deliver it"):
        way(server).send(MESSAGE)


@pytest.mark.parametrize("habit", [habits.hangs, habits.drops])
def test_what_had_all_and_does_not_answer_may_have_it(installed, server, habit):
    server.habit = habit
    with pytest.raises(UnclearError, match="it may have arrived"):
        way(server).send(MESSAGE)


def test_nobody_there_has_got_nothing(installed):
    with pytest.raises(NotSentError, match="Apprise could not deliver it"):
        AppriseWay("json://127.0.0.1:9/").send(MESSAGE)


def test_what_it_does_not_know_is_said(installed):
    with pytest.raises(NotSentError, match="Apprise does not know such a URL"):
        AppriseWay("meow://s3cret").send(MESSAGE)


def test_nothing_it_says_gets_into_a_log_or_onto_a_screen(installed, server, capfd):
    """Looked at as services log: by a handler of the root. (pytest's own also hears what does not propagate.)"""
    server.habit, said = answers(503), io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(said)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for url in (f"json://u:s3cret@127.0.0.1:{server.port}/s3cret", "json://s3cret.invalid/", "tgram://s3cret"):
            with pytest.raises(NotSentError) as raised:
                AppriseWay(url).send(MESSAGE)
            assert "s3cret" not in str(raised.value) and "s3cret" not in AppriseWay(url).name
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    assert "s3cret" not in said.getvalue() + "".join(capfd.readouterr())


def test_one_that_hangs_is_left_behind_and_not_begun_again(monkeypatch):
    """By a plugin that hangs for good, which none of Apprise's can be asked to do."""
    end, begun = threading.Event(), []

    def hang(_url, _message, outcome):
        begun.append(1)
        end.wait()
        outcome.append(None)

    monkeypatch.setattr(module, "_notify", hang)
    hanging = AppriseWay("json://s3cret", 0.2)
    with pytest.raises(UnclearError, match=r"Apprise did not end within 0\.2 s"):
        hanging.send(MESSAGE)
    with pytest.raises(NotSentError, match="an earlier message hangs in Apprise"):
        hanging.send(MESSAGE)
    assert len(begun) == 1
    end.set()
    hanging._thread.join()
    assert hanging.send(MESSAGE) is False


def test_without_it_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(module, "is_installed", lambda: False)
    assert AppriseWay("tgram://s3cret").trouble() == "Apprise is not installed: sudo apt install apprise"


def test_a_picture_that_finds_no_room_keeps_no_words_back(installed, server, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(Path("/nowhere")))
    way(server).send(MESSAGE)
    assert "attachments" not in server.got[0].json or server.got[0].json["attachments"] == []
