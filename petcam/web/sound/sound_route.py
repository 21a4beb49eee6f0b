"""The route for the camera's sound."""

from flask import Flask, Response

from petcam.errors import Code, PetcamError
from petcam.web.http import json_answer, json_object
from petcam.web.sound.sound import Sound

PATH = "/api/sound"


class SoundRoute:
    def __init__(self, sound: Sound) -> None:
        self._sound = sound

    def register(self, app: Flask) -> None:
        app.add_url_rule(PATH, "sound", self.show)
        app.add_url_rule(PATH, "turn_sound", self.turn, methods=["PUT"])

    def show(self) -> Response:
        return json_answer(self._sound.as_json())

    def turn(self) -> Response:
        """For the owner alone, as every change is."""
        on = json_object().get("on")
        if type(on) is not bool:
            raise PetcamError(Code.BAD_REQUEST, '"on" must be true or false')
        self._sound.turn(on)
        return json_answer(self._sound.as_json())
