"""A stand-in for petcam-streamer that is well, and records whatever it is asked to: one file for each ten minutes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

WELL = {"recording_error": "", "recording_reason": "", "by_itself": None, "camera": {"state": "live", "message": ""}}


class Keeping(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say(WELL)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        name = f"petcam_20261127-{int(time.monotonic() / 600) % 240000:06}~visit.mp4"
        self._say({"files": [{"filename": name, "first_ns": 1}]})

    def _say(self, what: object) -> None:
        answer = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def keeping() -> Iterator[str]:
    """Its URL."""
    with HTTPServer(("127.0.0.1", 0), Keeping) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
