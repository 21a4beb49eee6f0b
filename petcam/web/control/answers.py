"""What petcam-web does when it is asked over its control socket."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from petcam.settings import MAX_MINUTES, SettingsFile, in_minutes
from petcam.web.camera import Camera
from petcam.web.control.moments import Moments

PICTURE_SECONDS = 2.0  # for which a moment's picture is waited for
MAX_ID = 2**62
BY = re.compile(r"[a-z]{1,16}")

Do = Callable[[dict[str, Any], float], Mapping[str, object]]


class Answers:
    """Called in the socket's threads. Raises ValueError where it does not understand, PetcamError where what is asked
    cannot be kept."""

    def __init__(self, camera: Camera, settings: SettingsFile, moments: Moments) -> None:
        self._camera, self._settings, self._moments = camera, settings, moments
        self._all: dict[str, Do] = {
            "state": self._state,
            "camera": self._turn,
            "home": self._home,
            "mute": self._mute,
            "moment": self._moment,
            "test-picture": self._now,
        }

    def __call__(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        name = asked.get("do")
        do = self._all.get(name) if isinstance(name, str) else None
        if do is None:
            raise ValueError(f'"do" is one of {", ".join(self._all)}')
        return do(asked, deadline)

    def _state(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        settings = self._settings.read()
        return {"camera": self._camera.as_json(), "home": settings.home, "mute_until": settings.mute_until}

    def _turn(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        on, by, minutes = _boolean(asked), _by(asked), asked.get("minutes")
        if minutes is not None:
            minutes = _whole_number(asked, "minutes", 1, MAX_MINUTES)
        self._camera.turn(on, by, minutes)
        return {"camera": self._camera.as_json()}

    def _home(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        _by(asked)
        return {"home": self._settings.change({"home": _boolean(asked)}).home}

    def _mute(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        _by(asked)
        minutes = _whole_number(asked, "minutes", 0, MAX_MINUTES)
        until = in_minutes(minutes) if minutes else None
        return {"mute_until": self._settings.change({"mute_until": until}).mute_until}

    def _moment(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        return self._moments.of(_whole_number(asked, "id", 1, MAX_ID), deadline)

    def _now(self, asked: dict[str, Any], deadline: float) -> Mapping[str, object]:
        return self._moments.now(deadline)


def _boolean(asked: dict[str, Any]) -> bool:
    on = asked.get("on")
    if type(on) is not bool:
        raise ValueError('"on" is true or false')
    return on


def _by(asked: dict[str, Any]) -> str:
    by = asked.get("by")
    if not isinstance(by, str) or not BY.fullmatch(by):
        raise ValueError('"by" is 1 to 16 small letters, such as "mqtt"')
    return by


def _whole_number(asked: dict[str, Any], name: str, least: int, most: int) -> int:
    found = asked.get(name)
    if type(found) is not int or not least <= found <= most:
        raise ValueError(f'"{name}" is a whole number from {least} to {most}')
    return found
