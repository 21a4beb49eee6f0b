"""The health of petcam-web, and that of the streamer, passed on."""

import json
from collections.abc import Callable, Sized
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Response, request

from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.system.network import is_loopback
from petcam.web.http import Mark, json_answer, marked, passed_on


class Backend(Protocol):
    """The one in :mod:`petcam.web.webrtc` (``webrtc.backend: python``)."""

    def health(self) -> dict[str, object]: ...


class Health:
    """``troubles`` are what is wrong with the state; ``audience`` watches by MJPEG."""

    def __init__(
        self,
        streamer: StreamerClient,
        backend: Backend | None,
        troubles: Callable[[], list[PetcamError]],
        audience: Sized,
    ) -> None:
        self._streamer, self._backend, self._troubles, self._audience = streamer, backend, troubles, audience

    def register(self, app: Flask) -> None:
        app.add_url_rule("/healthz", "healthz", self.health)
        app.add_url_rule("/api/go/health", "health", self.streamer_health)

    @marked(Mark.FOR_EVERYBODY)
    def health(self) -> Response:
        """That petcam-web runs; to programs on the board also what is damaged, each in one line with the remedy."""
        if not is_loopback(request.remote_addr or ""):
            return json_answer({"status": "ok"})
        return json_answer({"status": "ok", "faults": [error.message for error in self._troubles()]})

    def streamer_health(self) -> Response:
        watching = {"mjpeg_clients": len(self._audience)}
        if self._backend is not None:
            own = {"recording": self._is_recording(), "backend": "python"}
            return json_answer({**self._backend.health(), **own, **watching})
        answer = self._streamer.read("/health")
        health = json.loads(answer.body)
        if answer.status != HTTPStatus.OK or not isinstance(health, dict):
            return passed_on(answer)
        return json_answer({**health, **watching})

    def _is_recording(self) -> bool | None:
        """Whether the streamer records; None where it does not answer, in which case nothing can be recorded."""
        try:
            return bool(json.loads(self._streamer.read("/status").body)["recording"])
        except (PetcamError, KeyError, TypeError):
            return None
