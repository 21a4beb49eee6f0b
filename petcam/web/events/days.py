"""The routes for days: what there was on each, and one in detail. Days are the board's, by its local time."""

import time

from flask import Flask, Response

from petcam.events.read import DaySpan, DaySummary, Reader
from petcam.web.events.as_json import moment, spans
from petcam.web.http import json_answer

API_PATH = "/api/days"


class Days:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def register(self, app: Flask) -> None:
        app.add_url_rule(API_PATH, "days", self.all)
        app.add_url_rule(f"{API_PATH}/<day>", "day", self.one)

    def all(self) -> Response:
        """Those on which something began, the newest first."""
        days = [day._asdict() for day in self._reader.days()]
        return json_answer({"days": days, "today": self._reader.today()})

    def one(self, day: str) -> Response:
        return json_answer({**_day(self._reader.day(day)), "today": self._reader.today(), "now": moment(time.time())})


def _day(found: DaySummary) -> dict[str, object]:
    return {
        "day": found.day,
        "begin": moment(found.begin),
        "end": moment(found.end),
        "visits": found.visits,
        "seconds": {name: moment(seconds) for name, seconds in found.seconds.items()},
        "asleep": {name: moment(seconds) for name, seconds in found.asleep.items()},
        "sounds": found.sounds,
        "troubles": found.troubles,
        "spans": [_span(span) for span in found.spans],
        "whole": found.is_whole,
    }


def _span(span: DaySpan) -> dict[str, object]:
    return {
        "id": span.id,
        "class": span.class_name,
        "begin": moment(span.begin),
        "end": moment(span.end),
        "open": span.is_open,
        "asleep": spans(span.asleep),
    }
