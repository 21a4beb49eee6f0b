"""The thread that turns the camera on again once its time is over, and off and on by the week's schedule."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone, tzinfo

from petcam.access import CameraSwitch, SwitchState
from petcam.errors import PetcamError
from petcam.settings import OffTime
from petcam.web.camera.week import off_since

LOOK_SECONDS = 1.0
STOP_TIMEOUT_SECONDS = 5.0
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # of the switch's file
TIMER, SCHEDULE = "timer", "schedule"

_log = logging.getLogger(__name__)


class Timer:
    """``start`` and ``stop`` it. While petcam-web does not run the camera stays as it is.

    ``schedule`` gives the off-times of the week; None where it is not known what was set: then it is as it was.
    """

    def __init__(
        self,
        switch: CameraSwitch,
        schedule: Callable[[], tuple[OffTime, ...] | None] = lambda: (),
        now: Callable[[], tuple[float, int]] = lambda: (time.time(), time.monotonic_ns()),
        zone: tzinfo | None = None,
    ) -> None:
        self._switch, self._schedule, self._now, self._zone = switch, schedule, now, zone
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
            state, schedule, (wall, monotonic_ns) = self._switch.state(), self._schedule(), self._now()
            since = off_since(schedule or (), wall, self._zone)
            turn = wanted(state, since, schedule is not None, wall, monotonic_ns)
            if turn is not None:
                self._switch.turn(*turn)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # a defect must not end it
                _log.exception("defect")
            if self._stopping.wait(LOOK_SECONDS):
                return


def wanted(
    state: SwitchState, off_time: float | None, is_known: bool, wall: float, monotonic_ns: int
) -> tuple[bool, str] | None:
    """How the camera is to be turned, and by whom; None: not at all. ``off_time`` is when the off-time began that it
    is now in, ``is_known`` whether it is known what the schedule says."""
    is_newer = off_time is not None and turned_at(state, wall, monotonic_ns) < off_time
    if state.on:
        return (False, SCHEDULE) if is_newer else None  # who turned it on since has it on
    if is_due(state, wall, monotonic_ns):
        return (False, SCHEDULE) if is_newer else (True, TIMER)  # its time is over, but the off-time has begun
    if state.by == SCHEDULE and is_known and off_time is None:
        return True, SCHEDULE
    return None


def turned_at(state: SwitchState, wall: float, monotonic_ns: int) -> float:
    """In Unix time; long ago where nobody has turned it, or that cannot be told."""
    if state.since is None:
        return 0.0
    since, passed_ns = _seconds(state.since), monotonic_ns - state.at_ns
    if since <= wall:
        return since
    return wall - passed_ns / 1e9 if passed_ns >= 0 else 0.0  # the board's clock has been put back since


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
