"""A service's control socket: one line of JSON in, one out, then it is closed (docs/events-db.md, The control socket).

Both halves: :class:`ControlSocket` listens, :func:`ask` asks.
"""

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from petcam.errors import PetcamError

MAX_LINE = 1024  # bytes of a question
MAX_SECONDS = 2.0  # that a question takes to come, and an answer to go
CONNECTIONS = 4  # at once; each has a thread

Answer = Callable[[dict[str, Any], float], Mapping[str, object]]

log = logging.getLogger(__name__)


class ControlSocket:
    """``start`` and ``close`` it. ``answer`` is called in one of four threads, with the question and the monotonic time
    until which it should be done; ValueError says what it did not understand, PetcamError what went wrong."""

    def __init__(self, path: Path, service: str, answer: Answer, seconds: float | None = None) -> None:
        """``service`` is its name, for the log; ``seconds``: for an answer, where it is not :data:`MAX_SECONDS`."""
        self._path, self._service, self._answer, self._seconds = path, service, answer, seconds
        self._listener: socket.socket | None = None
        self._threads = [Thread(target=self._run, name=f"control-{n}", daemon=True) for n in range(CONNECTIONS)]
        self._is_listening = False  # only who starts and closes it uses this

    def start(self) -> None:
        """What keeps it from listening is logged: the service does its work all the same."""
        try:
            self._listener = _listen(self._path, self._service)
        except OSError as error:
            log.error("%s: nobody can ask %s: %s", self._path, self._service, error)
            return
        self._is_listening = True
        for thread in self._threads:
            thread.start()

    def stop_listening(self) -> None:
        """Questions that are being answered still are. May be called again."""
        if self._listener is None or not self._is_listening:
            return
        self._is_listening = False
        with suppress(OSError):
            os.unlink(self._path)
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes those that wait for a connection

    def close(self) -> None:
        """May be called twice."""
        self.stop_listening()
        if self._listener is None:
            return
        for thread in self._threads:
            thread.join()
        self._listener.close()
        self._listener = None

    def _run(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # shut down
                return
            with connection, suppress(OSError):  # it is gone, or late
                self._serve(connection, time.monotonic() + MAX_SECONDS)

    def _serve(self, connection: socket.socket, deadline: float) -> None:
        try:
            asked = _question(connection, deadline)
            answer = self._answer(asked, time.monotonic() + self._seconds if self._seconds else deadline)
        except (ValueError, RecursionError) as error:
            answer = {"error": f"not understood: {error}"}
        except PetcamError as error:
            answer = {"error": error.message}
        except OSError:
            raise
        except Exception:  # a defect must not end the thread
            log.exception("defect")
            answer = {"error": f"{self._service} has a defect: its log says more"}
        connection.settimeout(MAX_SECONDS)
        connection.sendall(json.dumps(answer).encode() + b"\n")


def ask(path: Path, question: Mapping[str, object], timeout: float, max_answer: int) -> dict[str, Any]:
    """The answer, of at most ``max_answer`` bytes. Raises OSError where nobody listens there or answers within
    ``timeout`` seconds (FileNotFoundError and ConnectionRefusedError: the service does not run), ValueError where the
    answer is none."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        deadline = time.monotonic() + timeout
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps(question).encode() + b"\n")
        answer = bytearray()
        while piece := connection.recv(64 * 1024):
            answer += piece
            if len(answer) > max_answer:
                raise ValueError("an answer that is too long")
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("an answer that is no object")
    return found


def _listen(path: Path, service: str) -> socket.socket:
    """Takes the place of a socket on which nobody listens any more. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        if _is_answered(path):
            raise FileExistsError(f"another {service} listens there")
        _make_folder(path.parent)
        if path.is_socket():
            os.unlink(path)
        listener.bind(str(path))
        os.chmod(path, 0o660)  # whatever the umask: who asks is of the group
        listener.listen(CONNECTIONS)
    except BaseException:
        listener.close()
        raise
    return listener


def _make_folder(folder: Path) -> None:
    """With the package systemd has made it."""
    if not folder.exists():
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.chmod(folder, 0o750)  # whatever the umask


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
