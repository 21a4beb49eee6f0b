"""The health of petcam-web, and that of the streamer, passed on."""

import json
from collections.abc import Callable, Mapping, Sized
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Response, request

from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.system.network import is_loopback
from petcam.web.http import Mark, json_answer, marked, passed_on
from petcam.web.signaling import PictureSize


class Backend(Protocol):
    """The one in :mod:`petcam.web.webrtc` (``webrtc.backend: python``)."""

    def health(self) -> dict[str, object]: ...


class Health:
    """Each health that passes tells ``size`` how large the picture is; ``troubles`` are what is wrong with the state;
    ``audience`` watches by MJPEG; ``beside`` is what else it has, by its name."""

    def __init__(
        self,
        streamer: StreamerClient,
        backend: Backend | None,
        size: PictureSize,
        troubles: Callable[[], list[PetcamError]],
        audience: Sized,
        beside: Mapping[str, Callable[[], object]],
    ) -> None:
        self._streamer, self._backend, self._size = streamer, backend, size
        self._troubles, self._audience, self._beside = troubles, audience, beside

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
        own = {"mjpeg_clients": len(self._audience), **{name: tell() for name, tell in self._beside.items()}}
        if self._backend is not None:
            health = self._backend.health()
            self._size.note(health)
            return json_answer({**health, "recording": self._is_recording(), "backend": "python", **own})
        answer = self._streamer.read("/health")
        health = json.loads(answer.body)
        self._size.note(health)
        if answer.status != HTTPStatus.OK or not isinstance(health, dict):
            return passed_on(answer)
        return json_answer({**health, **own})

    def _is_recording(self) -> bool | None:
        """Whether the streamer records; None where it does not answer, in which case nothing can be recorded."""
        try:
            return bool(json.loads(self._streamer.read("/status").body)["recording"])
        except (PetcamError, KeyError, TypeError):
            return None
