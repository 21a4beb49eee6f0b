"""The control socket of any service: who listens, who asks. What petcam-events says there: events/test_control.py."""

import os
import stat
import threading
import time
from contextlib import closing

import pytest

from petcam.errors import Code, PetcamError
from petcam.system.control_socket import CONNECTIONS, MAX_SECONDS, ControlSocket, ask

MAX_ANSWER = 1 << 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control"


@pytest.fixture
def listen(path):
    made = []

    def start(answer, **more):
        made.append(ControlSocket(path, "petcam-any", answer, **more))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.close()


def asked(path, question, timeout=10.0):
    return ask(path, question, timeout, MAX_ANSWER)


def test_a_question_gets_its_answer_however_long_that_is(listen, path):
    listen(lambda question, deadline: {**question, "long": "x" * 500_000})
    assert asked(path, {"do": "a"}) == {"do": "a", "long": "x" * 500_000}
    with pytest.raises(ValueError, match="too long"):
        ask(path, {"do": "a"}, 10.0, 1000)


def test_what_goes_wrong_is_an_answer_and_ends_no_thread(listen, path, caplog):
    mistakes = [ValueError("what?"), PetcamError(Code.CONFLICT, "not now"), KeyError("defect"), RecursionError("deep")]
    left = list(mistakes * CONNECTIONS)

    def fail(question, deadline):
        raise left.pop(0)

    listen(fail)
    said = [asked(path, {})["error"] for _ in range(len(left))]
    assert said[:4] == [
        "not understood: what?",
        "not now",
        "petcam-any has a defect: its log says more",
        "not understood: deep",
    ]
    assert "KeyError" in caplog.text


def test_an_answer_may_take_longer_than_a_question(listen, path):
    listen(lambda question, deadline: {"left": deadline - time.monotonic()}, seconds=600.0)
    assert asked(path, {})["left"] > 2 * MAX_SECONDS


def test_who_listens_answers_what_was_asked_before_it_ends(listen, path):
    begun, go_on = threading.Event(), threading.Event()

    def slow(question, deadline):
        begun.set()
        assert go_on.wait(10)
        return {"done": True}

    service, answers = listen(slow), []
    asker = threading.Thread(target=lambda: answers.append(asked(path, {})))
    asker.start()
    assert begun.wait(10)
    service.stop_listening()
    with pytest.raises(FileNotFoundError):
        asked(path, {})
    go_on.set()
    service.close()
    asker.join()
    assert answers == [{"done": True}]


def test_nobody_who_listens_is_told_from_one_that_does_not_answer(listen, path):
    with pytest.raises(FileNotFoundError):
        asked(path, {})
    go_on = threading.Event()
    service = listen(lambda question, deadline: {"waited": go_on.wait(10)})
    with pytest.raises(TimeoutError):
        asked(path, {}, timeout=0.05)
    go_on.set()
    service.close()


def test_the_folder_that_it_makes_is_for_the_group_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        with closing(ControlSocket(tmp_path / "run" / "control", "petcam-any", lambda *_: {})) as service:
            service.start()
            assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o750
            assert stat.S_IMODE((tmp_path / "run" / "control").stat().st_mode) == 0o660
    finally:
        os.umask(before)
