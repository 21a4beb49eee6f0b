"""Whether the camera is on: ``camera.json`` in the state directory."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from petcam.access.place import Place
from petcam.access.state_file import Kind, text_of, whole_number_of
from petcam.access.switch import MAX_FILE_BYTES, TIME_FORMAT, TIME_PATTERN, Switch, SwitchState, now_text, row_of

MAX_NS = 2**63 - 1
MAX_OFF_MINUTES = 7 * 24 * 60  # for which it may be turned off; longer is until somebody turns it on
KIND = Kind(
    "camera.json",
    MAX_FILE_BYTES,
    "the camera is off",
    "turn it on anew on the page, or: sudo petcam camera on",
    "trouble.camera_switch",
    mode=0o640,  # all services read it as members of the directory's group
)


class CameraSwitch(Switch):
    """Who reads it heeds ``on`` and ``at_ns``: that ``until`` has passed turns nothing on, but who serves the page does
    then."""

    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.monotonic, place: Place | None = None
    ) -> None:
        super().__init__(directory, KIND, _parse, clock, place)

    def turn(self, on: bool, by: str, minutes: int | None = None) -> SwitchState:
        """``minutes``: for how long it is off. Returns once it is durable. Raises as :meth:`Switch._write` does."""
        until = None if on or minutes is None else _from_now(minutes)
        state = SwitchState(on, now_text(), by, until, time.monotonic_ns())
        self._write({"on": on, "since": state.since, "by": by, "until": until, "at_ns": state.at_ns})
        return state


def _parse(data: bytes) -> SwitchState:
    row = row_of(data, "until", "at_ns")
    until = None if row["until"] is None else text_of(row, "until", TIME_PATTERN)
    return SwitchState(row["on"], row["since"], row["by"], until, whole_number_of(row, "at_ns", MAX_NS))


def _from_now(minutes: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime(TIME_FORMAT)
