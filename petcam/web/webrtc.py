"""WebRTC signalling: where the viewer finds the streamer, and the way through petcam-web where it cannot."""

from flask import Blueprint, Response, request

from petcam.web.body import OFFER_LIMIT, raw_body
from petcam.web.errors import json_answer
from petcam.web.proxy import passed_on
from petcam.web.services import services
from petcam.web.viewer import OFFER_PATH, viewer_config

blueprint = Blueprint("webrtc", __name__)


@blueprint.get("/api/webrtc/config")
def config() -> Response:
    return json_answer(viewer_config(services().config))


@blueprint.post("/api/webrtc/offer")
def offer() -> Response:
    """The streamer judges the offer, and its token by the host name of the page; only the size is checked here."""
    passed = {name: request.headers[name] for name in ("Authorization", "Host") if name in request.headers}
    return passed_on(services().streamer.control(OFFER_PATH, raw_body(OFFER_LIMIT), passed))
