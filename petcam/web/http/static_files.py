"""The page's static files, read and compressed once at the start.

``/static/VERSION/live/main.js`` never changes, so a browser keeps it without asking again; modules import each other by
relative paths and so stay within one version. ``/static/live/main.js`` is the same file, revalidated each time by its
ETag. A page that was opened before an upgrade gets the new file under its old version.
"""

import gzip
import hashlib
import mimetypes
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flask import Flask, Response, abort, request

from petcam.web.http.marks import Mark, marked
from petcam.web.http.redirection import site_path

VERSION_PREFIX = re.compile(r"^[0-9a-f]{12}/")
TEXT_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
CACHE_FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"


@dataclass(frozen=True)
class StaticFile:
    mimetype: str
    data: bytes
    gzipped: bytes  # empty where that would not be smaller
    etag: str

    @classmethod
    def of(cls, name: str, data: bytes) -> "StaticFile":
        suffix = PurePosixPath(name).suffix
        gzipped = gzip.compress(data, mtime=0) if suffix in TEXT_TYPES else b""
        mimetype = TEXT_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(mimetype, data, gzipped if len(gzipped) < len(data) else b"", hashlib.sha256(data).hexdigest()[:16])


class StaticFiles:
    """The files of ``folder`` as they are when it is made, and those that were ``generated``, by their names.

    ``drawn`` are made when they are first asked for, out of what is in the others, so their version is known before.
    """

    def __init__(
        self, folder: Path, generated: Mapping[str, bytes], drawn: Mapping[str, Callable[[], bytes]] | None = None
    ) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        read = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        self._files = {name: StaticFile.of(name, data) for name, data in {**read, **generated}.items()}
        together = "".join(f"{name} {file.etag}\n" for name, file in self._files.items())
        self._drawn = drawn or {}
        self._drawing = threading.Lock()  # guards adding to _files
        self._version = hashlib.sha256(together.encode()).hexdigest()[:12]

    def register(self, app: Flask) -> None:
        """Adds the endpoint ``static``, and ``static_url`` for templates."""
        app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=self.serve)
        app.jinja_env.globals["static_url"] = self.url

    @property
    def path(self) -> str:
        """Where this version's files are, below the page's root."""
        return f"/static/{self._version}"

    def content(self, name: str) -> str:
        return self._files[name].data.decode()

    def url(self, name: str) -> str:
        return site_path(f"{self.path}/{name}")

    def _file(self, name: str) -> StaticFile | None:
        if name in self._drawn:
            with self._drawing:
                if name not in self._files:
                    self._files[name] = StaticFile.of(name, self._drawn[name]())
        return self._files.get(name)

    @marked(Mark.PAGE, Mark.FOR_EVERYBODY)
    def serve(self, filename: str) -> Response:
        file = self._file(VERSION_PREFIX.sub("", filename, count=1))
        if file is None:
            abort(404)
        response = Response(file.data, mimetype=file.mimetype)
        response.set_etag(file.etag)
        response.headers["Cache-Control"] = CACHE_FOREVER if filename.startswith(f"{self._version}/") else REVALIDATE
        if file.gzipped:
            response.headers["Vary"] = "Accept-Encoding"
            if request.accept_encodings["gzip"] > 0:
                response.data = file.gzipped
                response.headers["Content-Encoding"] = "gzip"
                response.set_etag(f"{file.etag}-gzip")
        response.make_conditional(request)
        return response
