"""The thread that turns the camera on again once its time is over."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

from petcam.access import CameraSwitch, SwitchState
from petcam.access.switch import TIME_FORMAT
from petcam.errors import PetcamError

LOOK_SECONDS = 1.0
STOP_TIMEOUT_SECONDS = 5.0
BY = "timer"

_log = logging.getLogger(__name__)


class Timer:
    """``start`` and ``stop`` it. While petcam-web does not run the camera stays off."""

    def __init__(
        self, switch: CameraSwitch, now: Callable[[], tuple[float, int]] = lambda: (time.time(), time.monotonic_ns())
    ) -> None:
        self._switch, self._now = switch, now
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._stopping.set()
            self._thread.join(STOP_TIMEOUT_SECONDS)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def look(self) -> None:
        """What there is to do now."""
        with suppress(PetcamError):  # it is in the log
            if is_due(self._switch.state(), *self._now()):
                self._switch.turn(True, BY)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # a defect must not end it
                _log.exception("defect")


def is_due(state: SwitchState, wall: float, monotonic_ns: int) -> bool:
    """Whether the time of a camera that is off is over, by the clock on the wall and, in the boot in which it was
    turned off, by the time that has passed: a board's clock may jump by years once it finds the network."""
    if state.on or state.until is None or state.since is None:
        return False
    until = _seconds(state.until)
    lasts_ns = (until - _seconds(state.since)) * 1e9
    passed_ns = monotonic_ns - state.at_ns  # below 0: that was another boot
    return wall >= until and (passed_ns < 0 or passed_ns >= lasts_ns)


def _seconds(text: str) -> float:
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=timezone.utc).timestamp()
