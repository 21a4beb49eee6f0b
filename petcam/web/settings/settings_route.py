"""The routes for the settings: what is set, changing it, and a message for trial."""

from typing import Any

from flask import Flask, Response

from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.settings import MAX_MINUTES, SettingsFile, as_document, in_minutes, until_tomorrow
from petcam.web.http import Mark, json_answer, json_object, marked

PATH = "/api/settings"
MAX_BYTES = 32 * 1024


class SettingsRoute:
    def __init__(self, settings: SettingsFile, service: ControlClient) -> None:
        self._settings, self._service = settings, service

    def register(self, app: Flask) -> None:
        app.add_url_rule(PATH, "settings", self.show)
        app.add_url_rule(PATH, "change_settings", self.change, methods=["PUT"])
        app.add_url_rule(f"{PATH}/ways", "ways", self.ways)
        app.add_url_rule(f"{PATH}/test", "test_ways", self.test, methods=["POST"])

    @marked(Mark.FOR_OWNER)
    def show(self) -> Response:
        return json_answer(as_document(self._settings.read()))

    @marked(Mark.FOR_OWNER)
    def change(self) -> Response:
        """``mute``, minutes from now or ``"tomorrow"``, is ``mute_until`` by the board's clock."""
        return json_answer(as_document(self._settings.change(_by_the_clock(json_object(MAX_BYTES)))))

    @marked(Mark.FOR_OWNER)
    def ways(self) -> Response:
        """How each way of telling goes, as petcam-events says it; null: it says nothing of ways."""
        return json_answer({"ways": self._service.ways()})

    @marked(Mark.FOR_OWNER)
    def test(self) -> Response:
        """What came of a message by each way; null: this petcam-events knows no such trial."""
        return json_answer({"ways": self._service.test()})


def _by_the_clock(patch: dict[str, Any]) -> dict[str, Any]:
    if "mute" not in patch:
        return patch
    patch = dict(patch)
    asked = patch.pop("mute")
    if "mute_until" in patch:
        raise PetcamError(Code.BAD_REQUEST, '"mute" and "mute_until" say the same: send one of them')
    if asked == "tomorrow":
        return {**patch, "mute_until": until_tomorrow()}
    if type(asked) is not int or not 0 <= asked <= MAX_MINUTES:
        message = f'"mute" must be a whole number of minutes from 0 to {MAX_MINUTES}, or "tomorrow"'
        raise PetcamError(Code.BAD_REQUEST, message)
    return {**patch, "mute_until": in_minutes(asked) if asked else None}
