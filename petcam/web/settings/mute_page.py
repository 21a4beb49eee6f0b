"""The page of a message's link that mutes further ones: no login, and good for nothing else.

``mute.html`` gets ``state`` (``"asks"``, ``"done"``, ``"late"``: the link is over, or none) and, where it is done,
``time`` (until when, as HH:MM of the board's local time) and ``day`` (``"today"``, ``"tomorrow"``, or a date). Its
forms POST ``minutes=60`` or ``until=tomorrow``; so do the buttons of messages.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs

from flask import Flask, Response, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from petcam.errors import Code, PetcamError
from petcam.settings import SettingsFile, in_minutes, later_of, until_tomorrow
from petcam.web.http import Mark, json_answer, marked, raw_body, wants_html
from petcam.web.settings.mute_token import MuteToken

MAX_BODY_BYTES = 256
MAX_MINUTES = 24 * 60
MAX_AT_ONCE, REFILL_SECONDS = 10, 6.0  # changes: each is written to the disk

_log = logging.getLogger(__name__)


class MutePage:
    def __init__(self, settings: SettingsFile, token: MuteToken, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._token, self._clock = settings, token, clock
        self._lock = threading.Lock()  # guards the two below
        self._left, self._counted_at = float(MAX_AT_ONCE), clock()

    def register(self, app: Flask) -> None:
        app.add_url_rule("/mute/<token>", "mute_form", self.form)
        app.add_url_rule("/mute/<token>", "mute", self.mute, methods=["POST"])

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def form(self, token: str) -> AnyResponse:
        return _page("asks") if self._token.accepts(token) else _page("late", 403)

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def mute(self, token: str) -> AnyResponse:
        """Never for a shorter time than it is muted already."""
        if not self._token.accepts(token):
            if wants_html():
                return _page("late", 403)
            raise PetcamError(Code.FORBIDDEN, "this link is over; mute on petcam's page, below Settings")
        until = _until(raw_body(MAX_BODY_BYTES))
        self._require_pace()
        until = later_of(self._settings.read().mute_until, until)
        self._settings.change({"mute_until": until})
        _log.info("muted by a message's link, until %s", until)
        if not wants_html():
            return json_answer({"mute_until": until})
        return _page("done", until=until)

    def _require_pace(self) -> None:
        with self._lock:
            now = self._clock()
            self._left = min(MAX_AT_ONCE, self._left + (now - self._counted_at) / REFILL_SECONDS)
            self._counted_at = now
            if self._left < 1:
                raise PetcamError(Code.BUSY, f"too many; try again in {math.ceil(REFILL_SECONDS)} seconds")
            self._left -= 1


def _until(body: bytes) -> str:
    """Whatever the content type says: buttons of messages send none, or another. Raises ``BAD_REQUEST``."""
    asked = parse_qs(body.decode("ascii", "replace").strip(), max_num_fields=4)
    minutes, until = asked.get("minutes", [""])[0], asked.get("until", [""])[0]
    if until == "tomorrow":
        return until_tomorrow()
    if minutes.isascii() and minutes.isdecimal() and len(minutes) <= 4 and 1 <= int(minutes) <= MAX_MINUTES:
        return in_minutes(int(minutes))
    raise PetcamError(Code.BAD_REQUEST, f'the body must be "minutes=N", 1 to {MAX_MINUTES}, or "until=tomorrow"')


def _page(state: str, status: int = 200, until: str = "") -> Response:
    shown, day = "", ""
    if until:
        moment = datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).astimezone()
        days = moment.date() - datetime.now().date()
        shown = f"{moment:%H:%M}"
        day = {timedelta(0): "today", timedelta(1): "tomorrow"}.get(days, moment.date().isoformat())
    return make_response(render_template("mute.html", state=state, time=shown, day=day), status)
