"""The route that leads to a visit, for messages: its film once there is one, else the live page."""

from urllib.parse import quote

from flask import Flask
from werkzeug.wrappers import Response as AnyResponse

from petcam.events.read import Reader
from petcam.web.events.numbers import event_id
from petcam.web.events.videos import Videos
from petcam.web.http import Mark, marked, redirect_to, site_path

LEAD_SECONDS = 2.0  # as static/live/visit_address.js has it


class VisitLink:
    def __init__(self, reader: Reader, videos: Videos) -> None:
        self._reader, self._videos = reader, videos

    def register(self, app: Flask) -> None:
        app.add_url_rule("/visits/<event>", "visit", self.lead)

    @marked(Mark.PAGE)
    def lead(self, event: str) -> AnyResponse:
        """While the pet is there, it is seen live; so is what is there now where the event is gone."""
        found = self._reader.one(event_id(event))
        video = self._videos.of([found])[found.id] if found is not None and not found.is_open else None
        if video is None or not video.recordings or video.state != "here":
            return redirect_to(site_path("/"))
        name, offset = video.recordings[0]
        return redirect_to(site_path(f"/recordings#{quote(name, safe='')}&at={max(0.0, offset - LEAD_SECONDS):.1f}"))
