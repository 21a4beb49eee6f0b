"""The route for the camera's switch."""

from collections.abc import Callable

from flask import Flask, Response

from petcam.access import MAX_OFF_MINUTES
from petcam.errors import Code, PetcamError
from petcam.web.camera.camera import Camera
from petcam.web.http import Mark, json_answer, json_object, marked

PATH = "/api/camera"


class CameraRoute:
    def __init__(self, camera: Camera, is_logged_in: Callable[[], bool]) -> None:
        self._camera, self._is_logged_in = camera, is_logged_in

    def register(self, app: Flask) -> None:
        app.add_url_rule(PATH, "camera", self.show)
        app.add_url_rule(PATH, "turn_camera", self.turn, methods=["PUT"])

    @marked(Mark.FOR_SWITCHES)
    def show(self) -> Response:
        return json_answer(self._camera.as_json())

    @marked(Mark.FOR_SWITCHES)
    def turn(self) -> Response:
        """For the owner alone, as every change is, and for programs that were let turn it."""
        asked = json_object()
        on, minutes = asked.get("on"), asked.get("minutes")
        if type(on) is not bool:
            raise PetcamError(Code.BAD_REQUEST, '"on" must be true or false')
        if minutes is not None and (type(minutes) is not int or not 1 <= minutes <= MAX_OFF_MINUTES):
            raise PetcamError(
                Code.BAD_REQUEST, f'"minutes" must be a whole number from 1 to {MAX_OFF_MINUTES}, or null'
            )
        self._camera.turn(on, "owner" if self._is_logged_in() else "token", minutes)
        return json_answer(self._camera.as_json())
