"""Recordings as files: list, play and download, delete."""

import os
from typing import BinaryIO

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from petcam.web.errors import json_answer
from petcam.web.services import services

blueprint = Blueprint("recordings", __name__, url_prefix="/api/recordings")


@blueprint.get("")
def listing() -> Response:
    """Newest first; ``state`` is ``recording`` or ``complete``."""
    newest_first = sorted(services().recordings.all(), key=lambda row: (row.start, row.name), reverse=True)
    rows = [
        {
            "name": row.name,
            "start": row.start.isoformat(),
            "size": row.size,
            "state": "recording" if row.growing else "complete",
        }
        for row in newest_first
    ]
    return json_answer({"recordings": rows})


@blueprint.get("/<name>")
def play(name: str) -> Response:
    """The MP4, whole or one range of it, sent by waitress's loop: a paused player must not hold a thread."""
    file = services().recordings.open(name)
    try:
        return _answer(file, name)
    except BaseException:  # a range that cannot be satisfied is one
        file.close()
        raise


@blueprint.delete("/<name>")
def delete(name: str) -> Response:
    services().recordings.delete(name)
    return Response(status=204)


def _answer(file: BinaryIO, name: str) -> Response:
    info = os.fstat(file.fileno())
    response = Response(wrap_file(request.environ, file), mimetype="video/mp4", direct_passthrough=True)
    response.content_length = info.st_size
    response.set_etag(f"{info.st_size:x}-{info.st_mtime_ns:x}")
    response.headers["Accept-Ranges"] = "bytes"  # werkzeug 2.0 says so only where a range was asked for
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.make_conditional(request, accept_ranges=True, complete_length=info.st_size)
    if response.status_code == 206:  # werkzeug's own range wrapper would hold a thread: seek instead
        file.seek(response.content_range.start or 0)
        response.response = wrap_file(request.environ, file)
    return response
