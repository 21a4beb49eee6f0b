"""The control socket of petcam-events, and who asks there."""

import json
import os
import socket
import stat
import threading
import time
from contextlib import closing, contextmanager

import pytest

from petcam.errors import Code, PetcamError
from petcam.events import control_client
from petcam.events.control import Control, State
from petcam.events.control_client import ControlClient
from petcam.events.place import asked_path, control_path, events_directory
from petcam.system import control_socket
from tests.unit.events.stand_ins import ns


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control"


@pytest.fixture
def listening(path):
    found = Control(path)
    found.start()
    yield found
    found.close()


@contextmanager
def turning(found, delete):
    """The observer's thread as it goes on; ``delete`` is called in it."""
    ended, threads = threading.Event(), []

    def run():
        threads.append(threading.get_ident())
        while not ended.wait(0.005):
            found.turn(State("nobody there"), delete)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield threads
    finally:
        ended.set()
        thread.join()


def send(path, line):
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        return json.loads(connection.makefile().read())


def test_it_says_how_it_goes(listening, path):
    assert ControlClient(path).state() == State("starts")
    listening.turn(State("there: cat since 12:01", "the disk is full"), None)
    assert ControlClient(path).state() == State("there: cat since 12:01", "the disk is full")
    assert send(path, b'{"do":"status"}\n') == {
        **{"status": "there: cat since 12:01", "trouble": "the disk is full"},
        "ways": {},
    }


def test_it_says_how_each_way_of_telling_goes_and_tries_them(path):
    way = {"failing_since": 1795867200.5, "error": "it answers 503", "waiting": 2}
    found = Control(path, lambda: {"ntfy://a": way}, lambda: {"ntfy://a": "it answers 503"})
    found.start()
    try:
        client = ControlClient(path)
        assert client.ways() == {"ntfy://a": way} and client.test() == {"ntfy://a": "it answers 503"}
    finally:
        found.close()


def test_an_event_is_deleted_by_the_thread_that_owns_the_store(listening, path, board, reader):
    kept, deleted = board.visit(5), board.visit(5)
    owner = []

    def delete(event_id):
        owner.append(threading.get_ident())
        return board.store.delete(event_id)

    board.close()  # the store that follows is that thread's own
    assert send(path, b'{"do":"delete","id":"1"}\n') == {"error": 'not understood: "id" is the number of an event'}
    with turning_with_store(listening, board, owner):
        assert ControlClient(path).delete(deleted.id) is True
        assert ControlClient(path).delete(deleted.id) is False
    assert [event.id for event in reader.page().events if event.kind == "visit"] == [kept.id]
    assert len(set(owner)) == 1 and owner[0] != threading.get_ident()


@contextmanager
def turning_with_store(found, board, owner):
    """The observer's thread with a store that it has opened itself, as SQLite wants it."""
    ended = threading.Event()

    def run():
        again = type(board)(board.directory, now=board.now)

        def delete(event_id):
            owner.append(threading.get_ident())
            return again.store.delete(event_id)

        while not ended.wait(0.005):
            found.turn(State("nobody there"), delete)
        again.store.close(ns(again.now))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_what_the_disk_refuses_is_said(listening, path):
    def refuse(_):
        raise PetcamError(Code.STATE_NOT_WRITTEN, "the event stays: the disk is full")

    with turning(listening, refuse), pytest.raises(PetcamError, match="the disk is full") as raised:
        ControlClient(path).delete(7)
    assert raised.value.code is Code.STATE_NOT_WRITTEN


def test_nobody_waits_for_a_store_that_takes_too_long_and_nothing_is_deleted_afterwards(listening, path, monkeypatch):
    monkeypatch.setattr(control_socket, "MAX_SECONDS", 0.05)
    with pytest.raises(PetcamError, match="was not deleted in time"):
        ControlClient(path).delete(7)
    listening.turn(State("nobody there"), lambda event_id: pytest.fail("nobody waits for it any more"))


def test_how_it_goes_is_said_also_while_the_store_waits_for_the_disk(listening, path):
    waits, goes_on = threading.Event(), threading.Event()

    def slow(_):
        waits.set()
        assert goes_on.wait(10)
        return True

    with turning(listening, slow):
        answers = []
        asker = threading.Thread(target=lambda: answers.append(ControlClient(path).delete(7)))
        asker.start()
        assert waits.wait(10)
        assert ControlClient(path).state().status == "nobody there"
        goes_on.set()
        asker.join()
    assert answers == [True]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\n", "not understood"),
        (b"{", "not understood"),
        (b"[1]\n", "a question is a JSON object"),
        (b"\xff\xfe\n", "not understood"),
        (b'{"do":"stop"}\n', '"do" is "status", "notify-test" or "delete"'),
        (b'{"do":"delete","id":true}\n', '"id" is the number of an event'),
        (b'{"do":"delete","id":-1}\n', '"id" is the number of an event'),
        (b'{"do":"delete","id":1e999}\n', '"id" is the number of an event'),
        (b'{"do":"delete"}\n', '"id" is the number of an event'),
        (b"[" * 1024, "not understood"),
        (b"x" * 1025, "has 1024 bytes at most"),
    ],
)
def test_it_says_what_it_does_not_understand_and_goes_on(listening, path, line, said):
    assert said in send(path, line)["error"]
    assert ControlClient(path).state() == State("starts")


def test_those_who_say_nothing_hold_up_nobody_for_long(listening, path, monkeypatch):
    monkeypatch.setattr(control_socket, "MAX_SECONDS", 0.05)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(control_socket.CONNECTIONS)]
    for each in silent:
        each.connect(str(path))
    assert ControlClient(path).state() == State("starts")
    for each in silent:
        assert each.recv(1) == b""
        each.close()


def test_only_the_group_may_ask_whatever_the_umask(path):
    before = os.umask(0o027)
    try:
        with closing(Control(path)) as found:
            found.start()
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
    finally:
        os.umask(before)


def test_it_takes_the_place_of_a_socket_that_a_killed_service_left(path):
    with closing(socket.socket(socket.AF_UNIX)) as killed:
        killed.bind(str(path))
    with closing(Control(path)) as found:
        found.start()
        assert ControlClient(path).state() == State("starts")
    assert not path.exists()


def test_a_second_service_leaves_the_first_ones_socket_alone(listening, path, caplog):
    second = Control(path)
    second.start()
    second.close()
    assert "another petcam-events listens there" in caplog.text
    assert ControlClient(path).state() == State("starts")


def test_a_place_where_it_cannot_listen_is_no_reason_not_to_start(tmp_path, caplog):
    (tmp_path / "control").write_text("somebody's")
    found = Control(tmp_path / "control")
    found.start()
    found.turn(State("nobody there"), None)
    found.close()
    assert "nobody can ask petcam-events" in caplog.text
    assert (tmp_path / "control").read_text() == "somebody's"


def test_closing_it_answers_those_who_wait(listening, path):
    answers = []

    def ask():
        try:
            ControlClient(path).delete(7)
        except PetcamError as error:
            answers.append(error.message)

    asker = threading.Thread(target=ask)
    asker.start()
    while listening._deletions.empty():
        time.sleep(0.001)
    listening.close()
    asker.join()
    assert answers == ["the event stays: petcam-events ends just now; try again"]


def test_a_service_that_does_not_run_is_said_with_the_remedy(path):
    for _ in range(2):
        with pytest.raises(PetcamError, match=r"does not run: sudo systemctl start petcam\.target") as raised:
            ControlClient(path).state()
        assert raised.value.code is Code.EVENTS_AWAY
        with closing(socket.socket(socket.AF_UNIX)) as killed:  # the second time
            if not path.exists():
                killed.bind(str(path))


@pytest.mark.parametrize("said", [b"", b"nonsense\n", b"[]\n", b"x" * 100_000])
def test_an_answer_that_is_none_is_said(path, said, monkeypatch):
    monkeypatch.setattr(control_client, "TIMEOUT_SECONDS", 5.0)
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        other.listen()

        def answer():
            connection, _ = other.accept()
            with connection:
                connection.recv(1024)
                try:
                    connection.sendall(said)
                except OSError:
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(PetcamError) as raised:
            ControlClient(path).state()
        thread.join()
    assert raised.value.code is Code.EVENTS_AWAY


PACKAGE = {"STATE_DIRECTORY": "/var/lib/petcam-events", "RUNTIME_DIRECTORY": "/run/petcam-events"}


@pytest.mark.parametrize(
    ("own", "page", "database", "socket_"),
    [
        ({}, {}, "/var/lib/petcam-events", "/run/petcam-events/control"),
        (PACKAGE, {"RUNTIME_DIRECTORY": "/run/petcam-web"}, "/var/lib/petcam-events", "/run/petcam-events/control"),
        ({"STATE_DIRECTORY": "/a/demo:/b"}, {"STATE_DIRECTORY": "/a/demo:/b"}, "/a/demo", "/a/demo/control"),
    ],
)
def test_service_and_page_agree_on_the_places(monkeypatch, own, page, database, socket_):
    def places(environment, path):
        for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return str(events_directory()), str(path())

    assert places(own, control_path) == places(page, asked_path) == (database, socket_)
