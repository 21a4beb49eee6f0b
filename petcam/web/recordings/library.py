"""Recordings as files: list, play and download, thumbnail, pin, delete."""

import os
from typing import BinaryIO

from flask import Blueprint, Response, request
from werkzeug.http import unquote_etag
from werkzeug.wsgi import wrap_file

from petcam.errors import Code, PetcamError
from petcam.web.http.errors import json_answer
from petcam.web.recordings.directory import Recording
from petcam.web.recordings.range import asked_range
from petcam.web.services import services

LIMIT, MOST = 100, 1000  # recordings in one answer

blueprint = Blueprint("recordings", __name__, url_prefix="/api/recordings")


@blueprint.get("")
def listing() -> Response:
    """Newest first; ``limit`` of them, those behind ``before``."""
    page = services().recordings.page(_limit(), request.args.get("before", ""))
    body = {
        "recordings": [_row(recording) for recording in page.recordings],
        "next": page.next,
        "total": page.total,
        "used": page.used,
        "free": page.free,
        "thumbnails": services().thumbnails.are_supported(),
    }
    return json_answer(body)


@blueprint.get("/<name>")
def play(name: str) -> Response:
    """The MP4, whole or one range of it, sent by waitress's loop: a paused player must not hold a thread."""
    file = services().recordings.open(name)
    try:
        return _answer(file, name)
    except BaseException:  # a range that cannot be satisfied is one
        file.close()
        raise


@blueprint.get("/<name>/thumbnail.jpg")
def thumbnail(name: str) -> Response:
    thumbnails, directory = services().thumbnails, services().recordings
    if not thumbnails.are_supported():
        raise PetcamError(Code.UNSUPPORTED, "this needs PyAV: sudo apt install python3-av, then restart petcam-web")
    with directory.open(name) as file:
        inode = os.fstat(file.fileno()).st_ino  # a growing file keeps it when it is finished
    return Response(thumbnails.of((name, inode), lambda: directory.open(name)), mimetype="image/jpeg")


@blueprint.put("/<name>/pin")
def pin(name: str) -> Response:
    services().recordings.pin(name)
    return Response(status=204)


@blueprint.delete("/<name>/pin")
def unpin(name: str) -> Response:
    services().recordings.unpin(name)
    return Response(status=204)


@blueprint.delete("/<name>")
def delete(name: str) -> Response:
    services().recordings.delete(name)
    return Response(status=204)


def _limit() -> int:
    text = request.args.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise PetcamError(Code.BAD_REQUEST, f"limit must be 1 to {MOST}")
    return int(text)


def _row(recording: Recording) -> dict[str, object]:
    return {
        "name": recording.name,
        "start": recording.start.isoformat(),
        "duration": round(recording.duration, 3),
        "size": recording.size,
        "frames": recording.frames,
        "pinned": recording.pinned,
        "state": recording.state,
    }


def _answer(file: BinaryIO, name: str) -> Response:
    info = os.fstat(file.fileno())
    response = Response(wrap_file(request.environ, file), mimetype="video/mp4", direct_passthrough=True)
    response.content_length = info.st_size
    response.set_etag(f"{info.st_size:x}-{info.st_mtime_ns:x}")
    response.headers["Accept-Ranges"] = "bytes"
    disposition = "attachment" if "download" in request.args else "inline"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    response.make_conditional(request)
    if response.status_code == 200 and request.method == "GET" and _range_counts(response):
        _narrow(response, file, info.st_size)
    return response


def _range_counts(response: Response) -> bool:
    """``If-Range`` must be this very ETag; we send no date that it could be."""
    condition = request.headers.get("If-Range")
    return condition is None or unquote_etag(condition) == response.get_etag()


def _narrow(response: Response, file: BinaryIO, size: int) -> None:
    wanted = asked_range(request.headers.get("Range", ""), size)
    if wanted is None:
        return
    first, last = wanted
    file.seek(first)
    response.response = wrap_file(request.environ, file)
    response.status_code = 206
    response.content_length = last - first + 1
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
