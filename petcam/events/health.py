"""How petcam-streamer says that it goes, asked for in a thread of its own."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from petcam.errors import PetcamError
from petcam.events.streamer import Answer

ASK_SECONDS = 5.0
TIMEOUT_SECONDS = 3.0  # less than a streamer has elsewhere: whoever ends the service waits for it


class Client(Protocol):
    def read(self, path: str) -> Answer: ...


class Fault(NamedTuple):
    """Why a recording ended or cannot begin; both empty: it does."""

    reason: str = ""  # a fixed phrase
    error: str = ""  # for people


class Health(NamedTuple):
    """Of ``/health`` (docs/http-api.md) what is used."""

    camera: str  # its state
    message: str
    by_hand: Fault = Fault()
    by_itself: Fault = Fault()
    recording: bool = False  # by hand


class Asked(NamedTuple):
    at: float  # CLOCK_MONOTONIC, s
    health: Health | None  # None: it does not answer
    why: str = ""  # it does not


class HealthWatch:
    """``start`` and ``close`` it. ``newest`` is for another thread, which never waits for the streamer."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._closed = threading.Event()
        self.newest: Asked | None = None  # replaced as a whole, so no lock guards it; None: not asked yet

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.newest = self._ask()
            if self._closed.wait(ASK_SECONDS):
                return

    def _ask(self) -> Asked:
        try:
            answer = self._client.read("/health")
            return Asked(self._clock(), health_of(answer))
        except PetcamError as error:
            return Asked(self._clock(), None, error.message)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Asked(self._clock(), None, "petcam-streamer's health makes no sense")


def health_of(answer: Answer) -> Health:
    """Raises ValueError, KeyError, TypeError or AttributeError where it is none."""
    said = json.loads(answer.body)
    camera, own = said["camera"], said["by_itself"] or {}
    by_hand = Fault(_text(said["recording_reason"]), _text(said["recording_error"]))
    by_itself = Fault(_text(own.get("reason", "")), _text(own.get("error", "")))
    return Health(_text(camera["state"]), _text(camera["message"]), by_hand, by_itself, said["recording"] is True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
