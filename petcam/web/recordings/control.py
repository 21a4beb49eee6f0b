"""Recording control: proxied to the streamer, which owns the recordings."""

import json

from flask import Blueprint, Response

from petcam.errors import PetcamError
from petcam.web.http.body import json_object
from petcam.web.http.errors import error_body, petcam_answer
from petcam.web.http.streamer_answer import passed_on
from petcam.web.services import services

blueprint = Blueprint("recording", __name__, url_prefix="/api/recording")


@blueprint.post("/start")
def start() -> Response:
    """The body is checked to be a JSON object; the streamer judges what is in it."""
    return _control("/start")


@blueprint.post("/stop")
def stop() -> Response:
    return _control("/stop")


@blueprint.get("/status")
def status() -> Response:
    try:
        return passed_on(services().streamer.read("/status"))
    except PetcamError as error:
        return petcam_answer(error, {**error_body(error), "recording": False})


def _control(path: str) -> Response:
    return passed_on(services().streamer.control(path, json.dumps(json_object()).encode()))
