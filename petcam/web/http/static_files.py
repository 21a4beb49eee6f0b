"""The page's files: read and compressed once at the start.

``/static/VERSION/live/main.js`` never changes, so a browser that has it asks no more; modules find each other by
relative paths and so stay within one version. ``/static/live/main.js`` is the same file, asked for anew each time (by
its ETag). A page that was opened before an upgrade gets the new file under its old version.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

from petcam.web.http.marks import Mark, marked

VERSION = re.compile(r"[0-9a-f]{12}/")
TEXT = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "public, no-cache"


@dataclass(frozen=True)
class StaticFile:
    mimetype: str
    data: bytes
    zipped: bytes  # empty where that would not be smaller
    etag: str

    @classmethod
    def read(cls, path: Path) -> "StaticFile":
        data, text = path.read_bytes(), path.suffix in TEXT
        zipped = gzip.compress(data, mtime=0) if text else b""
        mimetype = TEXT.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(mimetype, data, zipped if len(zipped) < len(data) else b"", hashlib.sha256(data).hexdigest()[:16])


class StaticFiles:
    """Those of ``folder`` as they are now."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): StaticFile.read(path) for path in paths}
        together = "".join(f"{name} {file.etag}\n" for name, file in self._files.items())
        self._version = hashlib.sha256(together.encode()).hexdigest()[:12]

    def register(self, app: Flask) -> None:
        """As the endpoint ``static``, and ``static_url`` for templates."""
        app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=self.serve)
        app.jinja_env.globals["static_url"] = self.url

    def url(self, name: str) -> str:
        return f"/static/{self._version}/{name}"

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def serve(self, filename: str) -> Response:
        file = self._files.get(VERSION.sub("", filename, count=1) if VERSION.match(filename) else filename)
        if file is None:
            abort(404)
        response = Response(file.data, mimetype=file.mimetype)
        response.set_etag(file.etag)
        response.headers["Cache-Control"] = FOR_GOOD if filename.startswith(f"{self._version}/") else ASK_EACH_TIME
        if file.zipped:
            response.headers["Vary"] = "Accept-Encoding"
            if request.accept_encodings["gzip"] > 0:
                response.data = file.zipped
                response.headers["Content-Encoding"] = "gzip"
                response.set_etag(f"{file.etag}-gzip")
        response.make_conditional(request)
        return response
