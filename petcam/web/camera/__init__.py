"""Whether the camera is on: told to pages and programs, turned by the owner, and refused where it is off.

Imports ``access``, ``errors``, ``settings`` and ``web.http``.
"""

from collections.abc import Callable

from flask import Flask

from petcam.web.camera.camera import Camera
from petcam.web.camera.camera_route import CameraRoute
from petcam.web.camera.timer import Timer
from petcam.web.camera.while_on import WhileOn

__all__ = ["Camera", "Timer", "register"]


def register(app: Flask, camera: Camera, is_logged_in: Callable[[], bool]) -> None:
    """To be called behind the login's own check. ``is_logged_in()``: the request is a person's, and no program's. Every
    template gets ``camera``: as ``GET /api/camera`` has it."""
    WhileOn(camera).register(app)
    CameraRoute(camera, is_logged_in).register(app)
    app.context_processor(lambda: {"camera": camera.as_json()})
