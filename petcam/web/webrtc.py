"""WebRTC signalling: where the viewer finds the streamer, and the way through petcam-web where it cannot."""

from flask import Blueprint, Response

from petcam.web.body import OFFER_LIMIT, raw_body
from petcam.web.errors import json_answer
from petcam.web.proxy import passed_on
from petcam.web.services import services
from petcam.web.viewer import OFFER_PATH, signaling_url

blueprint = Blueprint("webrtc", __name__)


@blueprint.get("/api/webrtc/config")
def config() -> Response:
    settings = services().config
    ice_servers = [{"urls": url} for url in settings.webrtc.ice_servers]
    return json_answer({"signaling_url": signaling_url(settings), "ice_servers": ice_servers})


@blueprint.post("/api/webrtc/offer")
def offer() -> Response:
    """The streamer judges the offer; only its size is checked here."""
    return passed_on(services().streamer.control(OFFER_PATH, raw_body(OFFER_LIMIT)))
