"""The detector's results as server-sent events."""

from flask import Flask, Response

from petcam.web.http import Mark, OpenStreams, event_stream, marked
from petcam.web.live.detection_feed import DetectionFeed


class DetectionEvents:
    def __init__(self, feed: DetectionFeed, streams: OpenStreams) -> None:
        self._feed, self._streams = feed, streams

    def register(self, app: Flask) -> None:
        app.add_url_rule("/api/detections/stream", "detections", self.stream)

    @marked(Mark.LIVE)
    def stream(self) -> Response:
        return event_stream(self._streams, self._feed)
