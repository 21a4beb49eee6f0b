"""Whether the camera's sound is on: ``sound.json`` in the state directory."""

import time
from collections.abc import Callable
from pathlib import Path

from petcam.access.place import Place
from petcam.access.state_file import Kind
from petcam.access.switch import MAX_FILE_BYTES, Switch, SwitchState, now_text, row_of

KIND = Kind(
    "sound.json",
    MAX_FILE_BYTES,
    "the microphone is off",
    "turn it on anew on the page, or: sudo rm {path}",
    "trouble.sound_switch",
    mode=0o640,  # petcam-feed and the streamer read it as members of the directory's group
)


class SoundSwitch(Switch):
    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.monotonic, place: Place | None = None
    ) -> None:
        super().__init__(directory, KIND, _parse, clock, place)

    def turn(self, on: bool, by: str) -> SwitchState:
        """Returns once it is durable. Raises as :meth:`Switch._write` does."""
        state = SwitchState(on, now_text(), by)
        self._write({"on": on, "since": state.since, "by": by})
        return state


def _parse(data: bytes) -> SwitchState:
    row = row_of(data)
    return SwitchState(row["on"], row["since"], row["by"])
