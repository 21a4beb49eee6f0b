"""A web server with bad habits, on a port of its own, that keeps what it was sent."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Got(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes
    at: float  # Unix time

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    """A context. ``habit`` answers; it may be changed while it runs."""

    def __init__(self, habit: "Callable[[BaseHTTPRequestHandler], None] | None" = None, ssl_context=None) -> None:
        self.habit = habit or answers(200)
        self.got: list[Got] = []
        self.open = threading.Event()  # hangs until it is set
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.receiver = receiver
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                self.close_connection = True
                if len(body) < length:  # it was cut off, so nothing has arrived
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._changed:
                    receiver.got.append(Got(self.command, self.path, headers, body, time.time()))
                    receiver._changed.notify_all()
                receiver.habit(self)

            do_POST = do_PUT = answer

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # who asked has gone

        def listen(port: int = 0) -> None:
            self._server = Server(("127.0.0.1", port), Handler)
            if ssl_context is not None:
                self._server.socket = ssl_context.wrap_socket(self._server.socket, server_side=True)
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

        self._listen = listen
        listen()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=s3cret"

    @property
    def ntfy(self) -> str:
        return f"ntfy://127.0.0.1:{self.port}/cats"

    def wait(self, count: int, seconds: float = 20) -> list[Got]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.got) >= count, seconds), f"{len(self.got)} came"
            return list(self.got)

    def pause(self) -> None:
        """Nobody listens on its port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def resume(self) -> None:
        """On the same port."""
        self._listen(self.port)
        self._thread.start()

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self.pause()


def answers(status: int, body: bytes = b"{}", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def habit(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return habit


def hangs(handler) -> None:
    """Takes all, and says nothing."""
    handler.receiver.open.wait()


def drips(handler) -> None:
    """A byte of a header now and then, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.receiver.open.wait(0.02):
        handler.wfile.write(b"a")


def drips_its_body(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not handler.receiver.open.wait(0.02):
        handler.wfile.write(b"a")


def drops(handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def babbles(handler) -> None:
    """10 MB."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 << 20))
    handler.end_headers()
    for _ in range(160):
        handler.wfile.write(b"x" * 65536)


def is_none(handler) -> None:
    """No HTTP."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
    drops(handler)


class Fakes:
    """A stand-in for an ntfy server of 2.16: it says the sequence id. (The real one is in tests/integration.)"""

    def __call__(self, handler) -> None:
        said = {"id": "abc", "sequence_id": handler.headers["X-Sequence-ID"]}
        answers(200, json.dumps(said).encode())(handler)
