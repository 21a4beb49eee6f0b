"""Switches, pictures, pauses, states and the mailbox."""

import queue
from types import SimpleNamespace

import pytest

from petcam.errors import Code, PetcamError
from petcam.home_assistant import Commands, Device, HomeAssistant, Memory, Snapshot, home_assistant
from petcam.home_assistant.last_picture import MAX_BYTES, LastPicture
from petcam.home_assistant.mailbox import MAX_HAPPENINGS, Mailbox
from petcam.home_assistant.paho import refusal
from petcam.home_assistant.pauses import MOST, Pauses
from petcam.home_assistant.payloads import states
from petcam.home_assistant.switches import Switches
from petcam.system.assets import assets_folder
from petcam.telling.happening import Happening
from petcam.words import Words

SNAPSHOT = Snapshot(
    frozenset({"cat"}), frozenset(), {"cat": 1_800_000_059.9}, 2, 179.0, None, True, False, ("cat",), ()
)
PICTURE = b"\xff\xd8\xff"


def test_a_switch_is_turned_as_was_wanted_last_and_once_a_second():
    asked = []
    switches = Switches(Commands(asked.append, asked.append, asked.append))
    for payload in (b"ON", b"OFF", b"ON", b"OFF"):
        switches.want("camera", payload, False)
    assert switches.turn(10.0, lambda: 10.0) == ["camera"] and asked == [False]
    switches.want("camera", b"ON", False)
    assert switches.turn(10.9, lambda: 10.9) == [] and switches.due() == 11.0
    assert switches.turn(11.0, lambda: 11.0) == ["camera"] and asked == [False, True]
    assert switches.due() is None


@pytest.mark.parametrize(("payload", "is_retained"), [(b"on", False), (b"", False), (b"ON", True), (b"ON ", False)])
def test_nothing_else_turns_it(payload, is_retained):
    switches = Switches(Commands(pytest.fail, pytest.fail, pytest.fail))
    switches.want("camera", payload, is_retained)
    assert switches.turn(10.0, lambda: 10.0) == []


class Asked:
    """Who is asked for pictures, and gets them."""

    def __init__(self, *answers, pauses=(0.0,) * 4):
        self.answers, self.visits, self.got = list(answers), [], queue.Queue()
        self.begun = queue.Queue()
        self.last = LastPicture(self._moment, self.got.put, pauses)
        self.last.start()

    def _moment(self, visit):
        self.visits.append(visit)
        self.begun.put(visit)
        answer = self.answers.pop(0)
        if not self.answers:
            self.got.put(b"asked for the last time")
        if isinstance(answer, PetcamError):
            raise answer
        return answer


def test_a_picture_is_asked_for_until_there_is_one():
    away = PetcamError(Code.WEB_AWAY, "away")
    asked = Asked(None, SimpleNamespace(picture=None), away, SimpleNamespace(picture=PICTURE), None)
    asked.last.want(7)
    assert asked.got.get(timeout=30) == PICTURE
    asked.last.stop(30)
    assert asked.visits == [7] * 4 and len(asked.answers) == 1


@pytest.mark.parametrize("picture", [b"", b"GIF89a", PICTURE + bytes(MAX_BYTES)])
def test_what_is_no_picture_is_not_sent_and_not_asked_for_for_ever(picture):
    asked = Asked(*[SimpleNamespace(picture=picture)] * 4)
    asked.last.want(7)
    assert asked.got.get(timeout=30) == b"asked for the last time"
    asked.last.stop(30)
    assert asked.got.empty()


def test_a_newer_visit_takes_the_place_of_one_that_has_no_picture_yet():
    asked = Asked(None, SimpleNamespace(picture=PICTURE), None, pauses=(0.0, 3600.0))
    asked.last.want(7)
    assert asked.begun.get(timeout=30) == 7
    asked.last.want(8)
    assert asked.got.get(timeout=30) == PICTURE
    asked.last.stop(30)
    assert asked.visits[-1] == 8


def test_pauses_grow_and_begin_anew_after_a_connection_that_lasted():
    pauses = Pauses()
    grown = [pauses.after(0.0) for _ in range(20)]
    assert 0.75 <= grown[0] <= 1.25 and 0.75 * MOST <= grown[-1] <= 1.25 * MOST
    assert pauses.after(60.0) <= 1.25


def test_states_say_what_is_not_known():
    said = states(SNAPSHOT)
    assert said["camera"] == b"None" and said["home"] == b"ON" and said["asleep_today"] == b"2"
    assert said["last_seen_cat"] == b"2027-01-15T08:00:00+00:00"
    gone = states(SNAPSHOT._replace(classes_there=frozenset()))
    assert gone["last_seen_cat"] == b"2027-01-15T08:00:59+00:00" and gone["class_cat"] == b"OFF"


def test_the_mailbox_keeps_the_newest_and_wakes_nobody_for_what_is_the_same():
    mailbox = Mailbox()
    for number in range(1000):
        mailbox.put(Happening(number, "visit", "x" * 10_000, "begin", 0.0), 0.0)
    mail = mailbox.take()
    assert [each.id for _, each in mail.happenings] == list(range(1000 - MAX_HAPPENINGS, 1000))
    assert all(len(each.name) <= 100 for _, each in mail.happenings)
    mailbox.show(SNAPSHOT)
    assert mailbox.take().snapshot == SNAPSHOT
    mailbox.show(SNAPSHOT._replace())
    assert mailbox.take().snapshot is None
    mailbox.close()
    mailbox.close()
    mailbox.show(SNAPSHOT._replace(home=False))


@pytest.mark.parametrize("code", [5, SimpleNamespace(value=135)])
def test_a_refusal_is_said_by_either_version_of_the_library(code):
    assert "the user or the password" in refusal(code)
    assert refusal(0) == "" and "code 77" in refusal(77)


def made(directory, url):
    notify = SimpleNamespace(mqtt=url, mqtt_user="", mqtt_password_file="", mqtt_ca="")
    words = Words(assets_folder() / "words")
    nothing = Commands(lambda _: None, lambda _: None, lambda _: None)
    return HomeAssistant(notify, Memory(directory), Device("petcam", "1"), words, nothing, lambda _: None)


def test_without_the_library_it_says_so_and_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(home_assistant, "is_installed", lambda: False)
    made_ = made(tmp_path, "mqtt://broker")
    made_.start()
    assert "sudo apt install python3-paho-mqtt" in made_.way.error
    made_.stop()


def test_without_a_broker_there_is_nothing_to_speak_of(tmp_path):
    silent = made(tmp_path, "")
    silent.start()
    assert silent.way is None
    silent.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_memory_is_said_and_nothing_is_sent(tmp_path):
    (tmp_path / "home_assistant.json").write_text("x")
    silent = made(tmp_path, "mqtt://broker")
    silent.start()
    assert "to start over, as a new device" in silent.way.error
    silent.stop()
