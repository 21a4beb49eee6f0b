"""The page of the settings; for the owner alone."""

from flask import Flask, Response, render_template

from petcam.config import Config
from petcam.events.rules import PETS
from petcam.places import PlacesFile
from petcam.settings import RECORDING_MODES, SettingsFile, as_document
from petcam.system.time_zone import zone_name
from petcam.web.http import Mark, compressed, marked

COOLDOWNS = (0, 1, 5, 15, 30, 60, 180)  # minutes


class SettingsPage:
    def __init__(self, config: Config, settings: SettingsFile, places: PlacesFile) -> None:
        self._config, self._settings, self._places = config, settings, places

    def register(self, app: Flask) -> None:
        app.add_url_rule("/settings", "settings_page", self.show)

    @marked(Mark.PAGE, Mark.FOR_OWNER)
    def show(self) -> Response:
        """``settings.html`` gets ``settings`` (the document), ``trouble`` (words of what is wrong with its file; may be
        empty), ``classes`` and ``places`` that can be chosen, ``cooldowns``, ``modes``, ``mode`` (petcam.yaml's),
        ``zone`` (the board's time zone) and ``login`` (bool: whether there is an account page)."""
        document = as_document(self._settings.read())
        trouble = self._settings.trouble()
        page = render_template(
            "settings.html",
            settings=document,
            trouble=trouble.key if trouble else "",
            classes=_with(document["notify"]["classes"], self._classes()),
            places=[place.name for place in self._places.read()],
            cooldowns=sorted({*COOLDOWNS, document["notify"]["cooldown_minutes"]}),
            modes=RECORDING_MODES,
            mode=self._config.recording.mode,
            zone=zone_name(),
            login=self._config.auth.mode == "password",
        )
        return compressed(page)

    def _classes(self) -> list[str]:
        """Whose visits there may be."""
        events, detect = self._config.events.classes, self._config.detect.classes
        return events or [name for name in detect if name in PETS] or ["cat", "dog"]


def _with(chosen: list[str], known: list[str]) -> list[str]:
    return [*known, *(name for name in chosen if name not in known)]
