"""The control socket of petcam-events: how it goes, and deleting an event (docs/events-db.md, The control socket)."""

import json
import logging
import os
import queue
import socket
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as LateError  # Python 3.10 has one of its own
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from petcam.errors import PetcamError

MAX_LINE = 1024  # bytes of a question
MAX_SECONDS = 2.0  # that a connection lasts
CONNECTIONS = 4  # at once; each has a thread
MAX_ID = 2**62

log = logging.getLogger("petcam.events")


class State(NamedTuple):
    status: str  # for people
    trouble: str = ""  # with the remedy; empty: none


class Control:
    """``start`` and ``close`` it. ``turn`` is for the thread that owns the store: only that one deletes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener: socket.socket | None = None
        self._threads = [Thread(target=self._run, name=f"control-{n}", daemon=True) for n in range(CONNECTIONS)]
        self._state = State("starts")  # replaced as a whole, so no lock guards it
        self._deletions: queue.SimpleQueue[tuple[int, Future[bool]]] = queue.SimpleQueue()

    def start(self) -> None:
        """What keeps it from listening is logged: pets are noticed all the same."""
        try:
            self._listener = _listen(self._path)
        except OSError as error:
            log.error("%s: nobody can ask petcam-events how it goes: %s", self._path, error)
            return
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """May be called twice."""
        if self._listener is None:
            return
        with suppress(OSError):
            os.unlink(self._path)
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes those that wait for a connection
        self._refuse_deletions()
        for thread in self._threads:
            thread.join()
        self._listener.close()
        self._listener = None

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

    def _run(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # shut down
                return
            with connection, suppress(OSError):  # it is gone, or late
                self._answer(connection, time.monotonic() + MAX_SECONDS)

    def _answer(self, connection: socket.socket, deadline: float) -> None:
        try:
            answer = self._do(_question(connection, deadline), deadline)
        except (ValueError, RecursionError) as error:
            answer = {"error": f"not understood: {error}"}
        connection.settimeout(MAX_SECONDS)
        connection.sendall(json.dumps(answer).encode() + b"\n")

    def _do(self, asked: dict[str, Any], deadline: float) -> dict[str, object]:
        if asked.get("do") == "status":
            return self._state._asdict()
        event_id = asked.get("id")
        if asked.get("do") != "delete":
            raise ValueError('"do" is "status" or "delete"')
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


def _listen(path: Path) -> socket.socket:
    """Takes the place of a socket on which nobody listens any more. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        if _is_answered(path):
            raise FileExistsError("another petcam-events listens there")
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        if path.is_socket():
            os.unlink(path)
        listener.bind(str(path))
        os.chmod(path, 0o660)  # whatever the umask: petcam-web is of the group
        listener.listen(CONNECTIONS)
    except BaseException:
        listener.close()
        raise
    return listener


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(MAX_SECONDS)
        try:
            trial.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


def _question(connection: socket.socket, deadline: float) -> dict[str, Any]:
    """Raises ValueError, and OSError where it comes too late."""
    line = b""
    while not line.endswith(b"\n"):
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = connection.recv(MAX_LINE + 1 - len(line))
        if not piece:
            break
        line += piece
        if len(line) > MAX_LINE:
            raise ValueError(f"a question has {MAX_LINE} bytes at most")
    asked = json.loads(line)
    if not isinstance(asked, dict):
        raise ValueError("a question is a JSON object")
    return asked
