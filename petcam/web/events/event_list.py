"""The routes for events: list, one, delete, and what happens as server-sent events."""

import time

from flask import Flask, Response, request

from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.read import Reader, Wanted
from petcam.web.events.as_json import as_json, moment
from petcam.web.events.event_feed import EventFeed
from petcam.web.events.numbers import event_id, not_found
from petcam.web.events.videos import Videos
from petcam.web.http import OpenStreams, event_stream, json_answer, number, whole_number

LIMIT_RANGE, DEFAULT_LIMIT = (1, 500), 100  # events in one answer
TIME_RANGE = (0.0, 1e11)  # Unix time, seconds
ID_RANGE = (0, 10**15)
KINDS = ("visit", "sound", "trouble")
MAX_CLASS = 64  # characters
API_PATH = "/api/events"


class EventList:
    def __init__(
        self, reader: Reader, videos: Videos, feed: EventFeed, service: ControlClient, streams: OpenStreams
    ) -> None:
        self._reader, self._videos, self._feed = reader, videos, feed
        self._service, self._streams = service, streams

    def register(self, app: Flask) -> None:
        app.add_url_rule(API_PATH, "events", self.page)
        app.add_url_rule(f"{API_PATH}/stream", "event_stream", self.stream)
        app.add_url_rule(f"{API_PATH}/<event>", "event", self.one)
        app.add_url_rule(f"{API_PATH}/<event>", "delete_event", self.delete, methods=["DELETE"])

    def page(self) -> Response:
        """The newest first: at most ``limit``, those behind ``cursor``, as far as they are asked for."""
        limit = whole_number("limit", LIMIT_RANGE, DEFAULT_LIMIT)
        cursor = whole_number("cursor", ID_RANGE, 0) if "cursor" in request.args else None
        page = self._reader.page(_wanted(), limit, cursor)
        videos = self._videos.of(page.events)
        events = [as_json(event, videos[event.id]) for event in page.events]
        return json_answer({"events": events, "next": page.next, "now": moment(time.time())})

    def one(self, event: str) -> Response:
        found = self._reader.one(event_id(event))
        if found is None:
            raise not_found(event)
        return json_answer(as_json(found, self._videos.of([found])[found.id]))

    def delete(self, event: str) -> Response:
        """Of the event alone: its recordings stay, as they may have others in them."""
        number = event_id(event)
        if not self._service.delete(number):
            raise self._why_it_stays(number)
        return Response(status=204)

    def stream(self) -> Response:
        self._feed.prepare()
        return event_stream(self._streams, self._feed)

    def _why_it_stays(self, number: int) -> PetcamError:
        if self._reader.one(number) is None:
            return not_found(number)
        return PetcamError(Code.CONFLICT, f"event {number} goes on; it can be deleted some seconds after its end")


def _wanted() -> Wanted:
    kind, class_name = request.args.get("kind", ""), request.args.get("class", "")
    if kind and kind not in KINDS:
        raise PetcamError(Code.BAD_REQUEST, f"kind must be one of {', '.join(KINDS)}")
    if len(class_name) > MAX_CLASS:
        raise PetcamError(Code.BAD_REQUEST, f"class has {MAX_CLASS} characters at most")
    return Wanted(_time("after"), _time("before"), kind, class_name)


def _time(name: str) -> float | None:
    return number(name, TIME_RANGE, 0.0) if name in request.args else None
