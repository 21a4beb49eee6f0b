"""Health: petcam-web's own, and the streamer's passed on."""

import json

from flask import Blueprint, Response

from petcam.errors import PetcamError
from petcam.web.http.errors import json_answer
from petcam.web.http.streamer_answer import passed_on
from petcam.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return json_answer({"status": "ok"})


@blueprint.get("/api/go/health")
def streamer_health() -> Response:
    own = services().webrtc
    if own is None:
        return passed_on(services().streamer.read("/health"))
    return json_answer({**own.health(), "recording": _recording(), "backend": "python"})


def _recording() -> bool | None:
    """Whether the streamer records; None where it does not answer, without which nothing is recorded."""
    try:
        return bool(json.loads(services().streamer.read("/status").body)["recording"])
    except (PetcamError, KeyError, TypeError):
        return None
