"""The health of petcam-web, and that of the streamer, passed on."""

import json
from typing import Protocol

from flask import Flask, Response

from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.web.http import Mark, json_answer, marked, passed_on


class Backend(Protocol):
    """The one in :mod:`petcam.web.webrtc` (``webrtc.backend: python``)."""

    def health(self) -> dict[str, object]: ...


class Health:
    def __init__(self, streamer: StreamerClient, backend: Backend | None) -> None:
        self._streamer, self._backend = streamer, backend

    def register(self, app: Flask) -> None:
        app.add_url_rule("/healthz", "healthz", healthz)
        app.add_url_rule("/api/go/health", "health", self.streamer_health)

    def streamer_health(self) -> Response:
        if self._backend is None:
            return passed_on(self._streamer.read("/health"))
        return json_answer({**self._backend.health(), "recording": self._is_recording(), "backend": "python"})

    def _is_recording(self) -> bool | None:
        """Whether the streamer records; None where it does not answer, in which case nothing can be recorded."""
        try:
            return bool(json.loads(self._streamer.read("/status").body)["recording"])
        except (PetcamError, KeyError, TypeError):
            return None


@marked(Mark.FOR_EVERYBODY)
def healthz() -> Response:
    return json_answer({"status": "ok"})
