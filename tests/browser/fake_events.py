"""The API of events as docs/http-api.md has it, without a camera: what it says is put into it."""

import json
import queue
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

JPEG = bytes.fromhex(  # one grey pixel
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d"
    "1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f000001050101"
    "0101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106"
    "13516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455"
    "565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9ba"
    "c2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbfc28a28affd9"
)
MINUTE, HOUR = 60.0, 3600.0
Visit = dict[str, Any]


def visit(id: int, begin: float, end: float, **more: Any) -> Visit:
    """Of a cat, over, recorded and seen well."""
    return {
        **{"id": id, "kind": "visit", "class": "cat", "begin": begin, "end": end, "sure": "sure", "open": False},
        **{"most": 1, "top_score": 0.93, "still": False, "asleep": [], "detail": "", "video": "here"},
        "best": {"time": begin + 1, "score": 0.93, "box": [0.3, 0.4, 0.2, 0.2]},
        "recordings": [{"name": f"petcam_20261127-{id:06}~visit.mp4", "offset": 5.3}],
        **more,
    }


class FakeEvents:
    """``now`` is the board's time; ``visits`` are listed as they are, newest first; ``asked`` has the paths that were
    asked for. A page's requests come here once it was given to :meth:`answer`."""

    def __init__(self, now: float, visits: list[Visit]) -> None:
        self.now, self.visits = now, visits
        self.pictures: dict[int, bytes] = {}  # by id; others are 404
        self.refusal = 0  # the status of each answer; 0: they succeed
        self.asked: list[str] = []
        self._streams: list[queue.Queue[bytes]] = []
        self._changed = threading.Lock()  # guards the streams, and what was asked
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="fake events")

    def __enter__(self) -> "FakeEvents":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, page: Page, root: str = "") -> None:
        """Whatever ``page`` asks of events from now on."""

        def lead(route: Route) -> None:
            parts = urlsplit(route.request.url)
            route.continue_(url=f"{self._url}{parts.path.removeprefix(root)}?{parts.query}")

        self._page = page
        page.route(re.compile(r"/api/events(?=[/?]|$)"), lead)

    def tell(self, kind: str, told: Visit) -> None:
        """To all who listen, and to the list."""
        self.visits = sorted(
            [told, *(each for each in self.visits if each["id"] != told["id"])], key=lambda each: -each["id"]
        )
        with self._changed:
            for stream in self._streams:
                stream.put(f"event: {kind}\ndata: {json.dumps(told)}\n\n".encode())

    def drop(self) -> None:
        """All streams, as a server that restarts does."""
        with self._changed:
            for stream in self._streams:
                stream.put(b"")

    def wait_until(self, holds: Callable[["FakeEvents"], bool]) -> None:
        """A page's requests pass by this thread, so it has to be the page that waits."""
        for _ in range(1000):
            with self._changed:
                if holds(self):
                    return
            self._page.wait_for_timeout(20)
        raise AssertionError(self.asked)

    @property
    def listeners(self) -> int:
        return len(self._streams)

    @property
    def lists(self) -> list[str]:
        return [path for path in self.asked if path.startswith("/api/events?")]

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        asked = urlsplit(request.path)
        path = asked.path
        with self._changed:
            self.asked.append(request.path)
        if self.refusal:
            _send(request, self.refusal, "application/json", b'{"error": "Events not readable", "message": "no"}')
        elif path == "/api/events/stream":
            self._stream(request)
        elif path == "/api/events":
            kinds = parse_qs(asked.query).get("kind")
            events = [each for each in self.visits if kinds is None or each["kind"] in kinds]
            body = json.dumps({"events": events, "next": None, "now": self.now})
            _send(request, 200, "application/json", body.encode())
        else:
            picture = self.pictures.get(int(path.split("/")[3]))
            _send(request, 200 if picture else 404, "image/jpeg" if picture else "application/json", picture or b"{}")

    def _stream(self, request: BaseHTTPRequestHandler) -> None:
        told: queue.Queue[bytes] = queue.Queue()
        request.close_connection = True
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        with self._changed:
            self._streams.append(told)
        try:
            request.wfile.write(b"retry: 1000\n\n")
            while line := self._next(told):
                request.wfile.write(line)
        except OSError:
            pass  # the page has hung up
        finally:
            with self._changed:
                self._streams.remove(told)

    def _next(self, told: "queue.Queue[bytes]") -> bytes:
        try:
            return told.get(timeout=0.2)
        except queue.Empty:
            return b": still there\n\n"  # so that a page that has gone is noticed


def _send(request: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
