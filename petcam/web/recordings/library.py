"""The routes for recordings on disk: list, days, play and download, thumbnail, pin, delete."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import BinaryIO

from flask import Flask, Response, render_template, request
from werkzeug.http import unquote_etag
from werkzeug.wsgi import wrap_file

from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.streamer_client import StreamerClient
from petcam.web.http import Downloads, Mark, error_body, json_answer, json_object, marked, number, whole_number
from petcam.web.recordings.directory import Failures, Recording, RecordingDirectory, Totals, Wanted
from petcam.web.recordings.disk import require_disk
from petcam.web.recordings.names import KINDS
from petcam.web.recordings.range import requested_range
from petcam.web.recordings.recorded_boxes import RecordedBoxes
from petcam.web.recordings.thumbnails import Thumbnails

LIMIT_RANGE, DEFAULT_LIMIT = (1, 1000), 100  # recordings in one answer
MAX_NAMES, MAX_NAMES_BYTES = 500, 64 * 1024  # in one request; a browser that leaves the page sends no more than this
DAY_PATTERN = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
KEPT = {"yes": True, "no": False}
TICKS = 90_000  # a second, of a recording's times
SECONDS_RANGE = (0.0, 1_000_000.0)  # of a recording
API_PATH = "/api/recordings"


class RecordingLibrary:
    def __init__(
        self, directory: RecordingDirectory, thumbnails: Thumbnails, streamer: StreamerClient, downloads: Downloads
    ) -> None:
        self._directory, self._thumbnails, self._streamer = directory, thumbnails, streamer
        self._downloads, self._boxes = downloads, RecordedBoxes()

    def register(self, app: Flask) -> None:
        app.add_url_rule("/recordings", "recordings_page", show_page)
        app.add_url_rule(API_PATH, "recordings", self.page)
        app.add_url_rule(f"{API_PATH}/days", "recording_days", self.days)
        for what, change in (
            ("delete", self._directory.delete_all),
            ("pin", self._directory.pin_all),
            ("unpin", self._directory.unpin_all),
        ):
            app.add_url_rule(f"{API_PATH}/{what}", f"{what}_all", partial(self.change_all, change), methods=["POST"])
        app.add_url_rule(f"{API_PATH}/<name>", "recording", self.play)
        app.add_url_rule(f"{API_PATH}/<name>", "delete_recording", self.delete, methods=["DELETE"])
        app.add_url_rule(f"{API_PATH}/<name>/thumbnail.jpg", "thumbnail", self.thumbnail)
        app.add_url_rule(f"{API_PATH}/<name>/boxes", "recorded_boxes", self.boxes)
        app.add_url_rule(f"{API_PATH}/<name>/pin", "pin", self.pin, methods=["PUT"])
        app.add_url_rule(f"{API_PATH}/<name>/pin", "unpin", self.unpin, methods=["DELETE"])

    def page(self) -> Response:
        """Newest first: at most ``limit``, those older than ``before``, of the days and kind that are asked for."""
        limit, wanted = whole_number("limit", LIMIT_RANGE, DEFAULT_LIMIT), _wanted()
        require_disk(self._streamer)
        page = self._directory.page(limit, request.args.get("before", ""), wanted)
        rows = [_as_json(recording) for recording in page.recordings]
        return json_answer({"recordings": rows, "next": page.next, **self._about(page.totals)})

    def days(self) -> Response:
        """How many there are of each day. Its ETag leaves out what is free: that changes without end."""
        wanted = _wanted()
        require_disk(self._streamer)
        days, totals = self._directory.days(wanted)
        body: dict[str, object] = {
            "days": [{"day": day.day, "count": day.count, "pinned": day.pinned} for day in days],
            "today": date.today().isoformat(),
            **self._about(totals),
        }
        version = hashlib.sha256(json.dumps({**body, "free": 0}).encode()).hexdigest()[:16]
        answer = json_answer({**body, "version": version})
        answer.set_etag(version)
        answer.make_conditional(request)
        return answer

    def _about(self, totals: Totals) -> dict[str, object]:
        return {
            "total": totals.count,
            "used": totals.used,
            "free": totals.free,
            "thumbnails": self._thumbnails.are_supported(),
        }

    def change_all(self, change: Callable[[Iterable[str]], Failures]) -> Response:
        """Of many: which were changed, and of the others why not."""
        names = _names()
        require_disk(self._streamer)
        failures = change(names)
        failed = [{"name": name, **error_body(error)} for name, error in failures.items()]
        return json_answer({"done": [name for name in names if name not in failures], "failed": failed})

    def play(self, name: str) -> Response:
        """The MP4, whole or one range of it. waitress's loop sends it, so that a paused player holds no thread."""
        file = self._directory.open(name)
        try:
            return _video_response(file, name, self._downloads)
        except BaseException:  # for example RequestedRangeNotSatisfiable
            file.close()
            raise

    def thumbnail(self, name: str) -> Response:
        if not self._thumbnails.are_supported():
            raise PetcamError(Code.UNSUPPORTED, f"this needs PyAV: {pyav.SERVICE_REMEDY}")
        with self._directory.open(name) as file:
            inode = os.fstat(file.fileno()).st_ino  # stays the same when a growing file is finished
        jpeg = self._thumbnails.get((name, inode), lambda: self._directory.open(name))
        return Response(jpeg, mimetype="image/jpeg")

    def boxes(self, name: str) -> Response:
        """Those of the frames ``from`` a time up to before another, ``to``, both in seconds."""
        begin, end = _ticks("from", SECONDS_RANGE[0]), _ticks("to", SECONDS_RANGE[1])
        with self._directory.reading(name) as file:
            part = self._boxes.read(file.fileno(), begin, end)
        body: dict[str, object] = {
            "timescale": TICKS,
            "width": part.width,
            "height": part.height,
            "frames": part.frames,
        }
        return json_answer(body if part.more is None else {**body, "more": part.more})

    def pin(self, name: str) -> Response:
        self._directory.pin(name)
        return Response(status=204)

    def unpin(self, name: str) -> Response:
        self._directory.unpin(name)
        return Response(status=204)

    def delete(self, name: str) -> Response:
        self._directory.delete(name)
        return Response(status=204)


@marked(Mark.PAGE)
def show_page() -> str:
    """``recordings.html``; it hides the controls that change something where ``may_change`` is false."""
    return render_template("recordings.html")


def _wanted() -> Wanted:
    """By ``day``, or ``from`` and ``to``, and ``kept``, and ``kind``."""
    day, kept, kind = _day("day"), request.args.get("kept"), request.args.get("kind")
    if kept not in (None, *KEPT):
        raise PetcamError(Code.BAD_REQUEST, "kept must be yes or no")
    if kind not in (None, *KINDS):
        raise PetcamError(Code.BAD_REQUEST, f"kind must be one of {', '.join(KINDS)}")
    return Wanted(day or _day("from"), day or _day("to"), KEPT.get(kept or ""), kind or "")


def _day(name: str) -> str:
    """Empty where it is not asked for."""
    text = request.args.get(name)
    if text is not None and not DAY_PATTERN.fullmatch(text):
        raise PetcamError(Code.BAD_REQUEST, f"{name} must be a day as 2026-11-23")
    return text or ""


def _ticks(name: str, default: float) -> int:
    """The nearest to a time of the query in seconds: a tick's own time, with five decimals or more, is that tick."""
    return round(number(name, SECONDS_RANGE, default) * TICKS)


def _names() -> list[str]:
    """Of the body, each once."""
    names = json_object(MAX_NAMES_BYTES).get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PetcamError(Code.BAD_REQUEST, "names must be a list of names of recordings")
    if not 0 < len(names) <= MAX_NAMES:
        raise PetcamError(Code.BAD_REQUEST, f"names must have 1 to {MAX_NAMES} names")
    return list(dict.fromkeys(names))


def _as_json(recording: Recording) -> dict[str, object]:
    width, height = recording.shape or (None, None)
    return {
        "name": recording.name,
        "day": recording.day,
        "start": recording.start.isoformat(),
        "duration": round(recording.duration, 3),
        "size": recording.size,
        "frames": recording.frames,
        "width": width,
        "height": height,
        "pinned": recording.pinned,
        "kind": recording.kind,
        "state": recording.state,
    }


def _video_response(file: BinaryIO, name: str, downloads: Downloads) -> Response:
    info = os.fstat(file.fileno())
    response = Response(wrap_file(request.environ, file), mimetype="video/mp4", direct_passthrough=True)
    response.content_length = info.st_size
    response.set_etag(f"{info.st_size:x}-{info.st_mtime_ns:x}")
    response.headers["Accept-Ranges"] = "bytes"
    how = "attachment" if "download" in request.args else "inline"
    response.headers["Content-Disposition"] = downloads.disposition(how, name)
    response.make_conditional(request)
    if response.status_code == 200 and request.method == "GET" and _if_range_matches(response):
        _send_range(response, file, info.st_size)
    return response


def _if_range_matches(response: Response) -> bool:
    """``If-Range`` must be this ETag. A date never matches, since no Last-Modified is sent."""
    condition = request.headers.get("If-Range")
    return condition is None or unquote_etag(condition) == response.get_etag()


def _send_range(response: Response, file: BinaryIO, size: int) -> None:
    wanted = requested_range(request.headers.get("Range", ""), size)
    if wanted is None:
        return
    first, last = wanted
    file.seek(first)
    response.response = wrap_file(request.environ, file)
    response.status_code = 206
    response.content_length = last - first + 1
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
