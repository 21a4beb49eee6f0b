"""Health: petcam-web's own, and the streamer's passed on."""

from flask import Blueprint, Response

from petcam.web.errors import json_answer
from petcam.web.proxy import passed_on
from petcam.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return json_answer({"status": "ok"})


@blueprint.get("/api/go/health")
def streamer_health() -> Response:
    return passed_on(services().streamer.read("/health"))
