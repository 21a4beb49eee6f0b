"""What shows or records what the camera sees now is refused while it is off."""

from flask import Flask

from petcam.errors import Code, PetcamError
from petcam.web.camera.camera import Camera
from petcam.web.http import Mark, has_mark


class WhileOn:
    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    def register(self, app: Flask) -> None:
        app.before_request(self.check)

    def check(self) -> None:
        if has_mark(Mark.LIVE) and not self._camera.is_on():
            message = "the owner has turned the camera off; it is turned on on petcam's page"
            raise PetcamError(Code.CAMERA_OFF, message, key="refusals.camera_off")
