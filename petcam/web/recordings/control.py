"""Recording control: requests are passed on to the streamer, which makes the recordings."""

import json

from flask import Flask, Response

from petcam.errors import PetcamError
from petcam.streamer_client import StreamerClient
from petcam.web.http import Mark, error_answer, error_body, json_object, marked, passed_on

DISK_TIMEOUT_SECONDS = 15.0  # the streamer itself gives up a disk that takes over 10 s for a write


class RecordingControl:
    def __init__(self, streamer: StreamerClient) -> None:
        self._streamer = streamer

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/recording/start", "start_recording", self.start, methods=["POST"])
        app.add_url_rule("/api/recording/stop", "stop_recording", self.stop, methods=["POST"])
        app.add_url_rule("/api/recording/past", "keep_past", self.keep_past, methods=["POST"])
        app.add_url_rule("/api/recording/status", "recording_status", self.status)

    @marked(Mark.LIVE)
    def start(self) -> Response:
        """Here the body is only checked to be a JSON object; the streamer checks its fields."""
        return self._control("/start")

    def stop(self) -> Response:
        return self._control("/stop")

    @marked(Mark.LIVE)
    def keep_past(self) -> Response:
        return self._control("/past")

    def status(self) -> Response:
        try:
            return passed_on(self._streamer.read("/status"))
        except PetcamError as error:
            return error_answer(error, {**error_body(error), "recording": False})

    def _control(self, path: str) -> Response:
        return passed_on(self._streamer.control(path, json.dumps(json_object()).encode(), timeout=DISK_TIMEOUT_SECONDS))
