"""The routes for offers: passed on to the streamer, or answered by petcam-web's own WebRTC."""

import json
from collections.abc import Callable
from typing import Protocol

from flask import Flask, Response, request

from petcam.errors import Code, PetcamError
from petcam.streamer_client import StreamerClient
from petcam.web.http import MAX_OFFER_BYTES, Mark, host_name, json_answer, json_object, marked, passed_on, raw_body
from petcam.web.login import Visitors
from petcam.web.signaling.offer_gate import OfferGate
from petcam.web.signaling.viewer_config import OFFER_PATH, ViewerConfig

SOUND_PATH = "/api/webrtc/sound"
VIEWER_HEADER = "X-Petcam-Viewer"  # whose offer it is: the streamer counts offers and viewers of each network


class Backend(Protocol):
    """The one in :mod:`petcam.web.webrtc` (``webrtc.backend: python``)."""

    def answer(self, offer: str, session: str = "", admitted: Callable[[], bool] = ...) -> str: ...

    def aspect(self) -> tuple[int, int]: ...


class StreamerAnswers:
    """Answers of the streamer, which also checks the token, the page's host name, and how many offers the viewer makes;
    here only the size is checked."""

    def __init__(self, streamer: StreamerClient) -> None:
        self._streamer = streamer

    def answer(self) -> Response:
        passed = {name: request.headers[name] for name in ("Authorization", "Host") if name in request.headers}
        passed[VIEWER_HEADER] = request.remote_addr or ""
        return passed_on(self._streamer.control(OFFER_PATH, raw_body(MAX_OFFER_BYTES), passed))

    def sound(self) -> Response:
        """Whether a viewer is sent sound; the streamer knows it by the id that its answer gave."""
        return passed_on(self._streamer.control(SOUND_PATH, json.dumps(json_object()).encode()))


class BackendAnswers:
    """Answers of petcam-web's own WebRTC; the token is checked here."""

    def __init__(self, backend: Backend, gate: OfferGate, visitors: Visitors) -> None:
        self._backend, self._gate, self._visitors = backend, gate, visitors

    def answer(self) -> Response:
        offer = json_object(MAX_OFFER_BYTES)
        if offer.get("type") != "offer" or not isinstance(offer.get("sdp"), str):
            raise PetcamError(Code.BAD_OFFER, 'an offer has "type": "offer" and "sdp"')
        return json_answer({"type": "answer", "sdp": self._answer(offer["sdp"]), "aspect": self._backend.aspect()})

    def sound(self) -> Response:
        raise PetcamError(Code.UNSUPPORTED, "webrtc.backend: python has no sound")

    def _answer(self, sdp: str) -> str:
        if not self._visitors.login_needed:
            return self._backend.answer(sdp)
        session = self._visitors.session()
        if session is None:
            raise PetcamError(Code.UNAUTHORIZED, "log in first")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self._gate.redeem(token, host_name(request.headers.get("Host", "")), session.id)
        return self._backend.answer(sdp, session.id, self._visitors.admission())


class Offers:
    def __init__(self, viewer_config: ViewerConfig, answers: StreamerAnswers | BackendAnswers) -> None:
        self._viewer_config, self._answers = viewer_config, answers

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/webrtc/config", "viewer_config", self.config)
        app.add_url_rule(OFFER_PATH, "offer", self.offer, methods=["POST"])
        app.add_url_rule(SOUND_PATH, "viewer_sound", self.sound, methods=["POST"])

    def config(self) -> Response:
        return json_answer(self._viewer_config.for_request())

    @marked(Mark.FOR_VIEWERS, Mark.LIVE)
    def offer(self) -> Response:
        return self._answers.answer()

    @marked(Mark.FOR_VIEWERS, Mark.LIVE)
    def sound(self) -> Response:
        return self._answers.sound()
