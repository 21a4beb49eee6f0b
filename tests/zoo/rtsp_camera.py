"""A network camera (RTSP, RFC 2326) on loopback, with the habits that it is given."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tests.zoo import sdp, transport
from tests.zoo.habits import Habits
from tests.zoo.play import Play, Sender
from tests.zoo.rtsp_requests import Request, Requests
from tests.zoo.server import Server, shut

PATIENCE = 4  # times the length of a session that cameras wait, so that a busy machine loses none


class RtspCamera(Server):
    """A context manager that serves ``units`` (access units of H.264), over and over, to whoever asks.

    ``requests`` and ``plays`` are guarded by ``changed``.
    """

    def __init__(self, units: list[list[bytes]], habits: Habits = Habits()) -> None:  # noqa: B008  # it is frozen
        super().__init__()
        self._units, self._habits = units, habits
        self.requests: list[str] = []  # methods
        self.plays: list[Play] = []

    def __enter__(self) -> "RtspCamera":
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        login = self._habits.login
        return f"rtsp://{f'{login.user}:{login.password}@' if login else ''}127.0.0.1:{self.port}/live"

    def serve(self, client: socket.socket) -> None:
        with self.changed:
            habits = self._habits if not self.plays else replace(self._habits, hangs_at=None, closes_at=None)
        session = _Session(client, self._units, habits, self.changed, self._note)
        try:
            session.run()
        finally:
            session.end()

    def _note(self, news: str | Play) -> None:
        with self.changed:
            if isinstance(news, Play):
                self.plays.append(news)
            else:
                self.requests.append(news)
            self.changed.notify_all()


class _Session:
    """One connection. ``note`` is told each request's method, and of each PLAY."""

    def __init__(
        self,
        client: socket.socket,
        units: list[list[bytes]],
        habits: Habits,
        changed: threading.Condition,
        note: Callable[[str | Play], None],
    ) -> None:
        self._client, self._units, self._habits, self._changed, self._note = client, units, habits, changed, note
        self._lock = threading.Lock()  # one at a time writes to the client
        self._transports: dict[str, transport.Interleaved | transport.Udp] = {}
        self._sender: Sender | None = None

    def run(self) -> None:
        requests = Requests(self._client)
        for request in requests:
            self._note(request.method)
            if self._habits.is_half_open:
                continue
            self._answer(request)
            if self._habits.keepalive and (self._sender is None or request.method == self._habits.keepalive):
                requests.deadline = time.monotonic() + PATIENCE * self._habits.session_seconds

    def end(self) -> None:
        shut(self._client)  # the sender may wait for room
        if self._sender is not None:
            self._sender.end()
        for each in self._transports.values():
            each.close()

    def _answer(self, request: Request) -> None:
        login = self._habits.login
        if login is not None and not login.accepts(request.method, request.header("authorization")):
            self._reply(request, "401 Unauthorized", login.challenge)
        elif request.method == "OPTIONS":
            known = self._habits.keepalive or "GET_PARAMETER"
            self._reply(request, "200 OK", f"Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, {known}\r\n")
        elif request.method == "DESCRIBE":
            self._describe(request)
        elif request.method == "SETUP":
            self._set_up(request)
        else:
            self._reply(request, "200 OK")
            if request.method == "PLAY":
                self._play()

    def _describe(self, request: Request) -> None:
        if self._habits.redirects and request.url.endswith("/live"):
            self._reply(request, "302 Found", f"Location: {request.url.replace('/live', '/moved')}\r\n")
            return
        head = f"Content-Base: {request.url}/\r\nContent-Type: application/sdp\r\n"
        self._reply(request, "200 OK", head, sdp.description(self._habits, self._units))

    def _set_up(self, request: Request) -> None:
        if request.url.rpartition("/")[2] in self._habits.refused:
            self._reply(request, "404 Not Found")
            return
        asked = request.header("transport")
        if ("tcp" if "TCP" in asked else "udp") not in self._habits.transports:
            self._reply(request, "461 Unsupported Transport")
            return
        made = transport.asked_for(asked, self._client, self._lock)
        if made is None:
            self._reply(request, "461 Unsupported Transport")
            return
        self._transports[request.url.rpartition("/")[2]] = made
        self._reply(request, "200 OK", f"Transport: {made.said}\r\n")

    def _play(self) -> None:
        self._sender = Sender(self._habits, self._units, self._transports, self._changed, self._close)
        self._note(self._sender.play)
        self._sender.start()

    def _close(self) -> None:
        shut(self._client)

    def _reply(self, request: Request, status: str, head: str = "", body: str = "") -> None:
        session = f"Session: 1;timeout={self._habits.session_seconds}\r\n"
        answer = f"RTSP/1.0 {status}\r\nCSeq: {request.header('cseq')}\r\n{session}{head}"
        with self._lock:
            self._client.sendall(f"{answer}Content-Length: {len(body)}\r\n\r\n{body}".encode())
