"""What petcam-events answers at its control socket: how it goes, and deleting an event (docs/events-db.md, The control
socket)."""

import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as LateError  # Python 3.10 has one of its own
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from petcam.errors import PetcamError
from petcam.system.control_socket import ControlSocket

MAX_ID = 2**62


class State(NamedTuple):
    status: str  # for people
    trouble: str = ""  # with the remedy; empty: none


class Control:
    """``start`` and ``close`` it. ``turn`` is for the thread that owns the store: only that one deletes."""

    def __init__(
        self,
        path: Path,
        ways: Callable[[], Mapping[str, object]] = dict,
        test_ways: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        """``ways`` says how each way of telling goes, and never waits; ``test_ways`` may take half a minute."""
        self._ways, self._test_ways = ways, test_ways
        self._socket = ControlSocket(path, "petcam-events", self._do)
        self._state = State("starts")  # replaced as a whole, so no lock guards it
        self._deletions: queue.SimpleQueue[tuple[int, Future[bool]]] = queue.SimpleQueue()

    def start(self) -> None:
        """What keeps it from listening is logged: pets are noticed all the same."""
        self._socket.start()

    def close(self) -> None:
        """May be called twice."""
        self._socket.stop_listening()
        self._refuse_deletions()
        self._socket.close()

    def turn(self, state: State, delete: Callable[[int], bool]) -> None:
        """To be called some times a second. ``delete`` is the store's."""
        self._state = state
        while True:
            try:
                event_id, done = self._deletions.get_nowait()
            except queue.Empty:
                return
            if done.set_running_or_notify_cancel():  # else nobody waits for it any more
                try:
                    done.set_result(delete(event_id))
                except PetcamError as error:
                    done.set_exception(error)

    def _refuse_deletions(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._deletions.get_nowait()[1].cancel()

    def _do(self, asked: dict[str, Any], deadline: float) -> dict[str, object]:
        if asked.get("do") == "status":
            return {**self._state._asdict(), "ways": self._ways()}
        if asked.get("do") == "notify-test":
            return {"ways": self._test_ways()}
        event_id = asked.get("id")
        if asked.get("do") != "delete":
            raise ValueError('"do" is "status", "notify-test" or "delete"')
        if type(event_id) is not int or not 0 < event_id < MAX_ID:
            raise ValueError('"id" is the number of an event')
        return self._delete(event_id, deadline)

    def _delete(self, event_id: int, deadline: float) -> dict[str, object]:
        done: Future[bool] = Future()
        self._deletions.put((event_id, done))
        try:
            return {"done": done.result(max(deadline - time.monotonic(), 0))}
        except PetcamError as error:
            return {"error": error.message}
        except CancelledError:
            return {"error": "the event stays: petcam-events ends just now; try again"}
        except LateError:
            late = "was" if done.cancel() else "may have been"
            return {"error": f"the event {late} not deleted in time, the disk is slow: try again"}
