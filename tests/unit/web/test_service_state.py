"""How petcam-events goes, as pages ask for it."""

import threading

from petcam.errors import Code, PetcamError
from petcam.events.control import State
from petcam.web.events import ServiceState


class Service:
    """Answers with what is put there; counts how often it is asked."""

    def __init__(self):
        self.answer, self.asked = State("nobody there", "the disk is full"), 0
        self.waits, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()

    def state(self):
        self.asked += 1
        self.waits.set()
        assert self.goes_on.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_it_is_asked_once_in_two_seconds_for_all():
    service, now = Service(), [100.0]
    state = ServiceState(service, lambda: now[0])
    said = {"running": True, "status": "nobody there", "trouble": "the disk is full"}
    assert [state() for _ in range(5)] == [said] * 5
    now[0] += 1.9
    state()
    assert service.asked == 1
    service.answer = PetcamError(Code.EVENTS_AWAY, "petcam-events does not run: start it")
    now[0] += 0.2
    assert state() == {"running": False, "status": "", "trouble": "petcam-events does not run: start it"}
    assert service.asked == 2


def test_while_it_does_not_answer_only_one_waits_and_the_others_get_what_is_known():
    service, now = Service(), [100.0]
    state = ServiceState(service, lambda: now[0])
    known = state()
    now[0] += 10
    service.waits.clear()
    service.goes_on.clear()
    asker = threading.Thread(target=state)
    asker.start()
    assert service.waits.wait(10)
    assert state() is known
    service.goes_on.set()
    asker.join()
    assert service.asked == 2
