"""WebRTC signalling: where the viewer finds the streamer, and the way through petcam-web where it cannot."""

from flask import Blueprint, Response, request

from petcam.errors import Code, PetcamError
from petcam.web.http.body import OFFER_LIMIT, json_object, raw_body
from petcam.web.http.errors import json_answer
from petcam.web.http.hosts import name_of
from petcam.web.http.streamer_answer import passed_on
from petcam.web.login.visitor import admission, session
from petcam.web.services import services
from petcam.web.signaling.viewer_config import OFFER_PATH, viewer_config
from petcam.web.webrtc.backend import PythonWebRTC

blueprint = Blueprint("webrtc", __name__)


@blueprint.get("/api/webrtc/config")
def config() -> Response:
    return json_answer(viewer_config(services().config))


@blueprint.post("/api/webrtc/offer")
def offer() -> Response:
    """The streamer judges the offer, and its token by the host name of the page; only the size is checked here."""
    backend = services().webrtc
    if backend is not None:
        return json_answer({"type": "answer", "sdp": _answer(backend)})
    passed = {name: request.headers[name] for name in ("Authorization", "Host") if name in request.headers}
    return passed_on(services().streamer.control(OFFER_PATH, raw_body(OFFER_LIMIT), passed))


def _answer(backend: PythonWebRTC) -> str:
    """petcam-web's own (``webrtc.backend: python``), to whom the token lets in."""
    offer = json_object(OFFER_LIMIT)
    if offer.get("type") != "offer" or not isinstance(offer.get("sdp"), str):
        raise PetcamError(Code.BAD_OFFER, 'an offer has "type": "offer" and "sdp"')
    if services().config.auth.mode == "none":
        return backend.answer(offer["sdp"])
    visitor = session()
    if visitor is None:
        raise PetcamError(Code.UNAUTHORIZED, "log in first")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    backend.gate.pass_once(token, name_of(request.headers.get("Host", "")), visitor.id)
    return backend.answer(offer["sdp"], visitor.id, admission())
