"""A reverse proxy that serves a service under a path: it takes the path off, and says so by ``X-Forwarded-Prefix``."""

import contextlib
import socket
import threading
from types import TracebackType

MAX_HEAD_BYTES = 64 * 1024
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PathProxy:
    """Each connection is for one request, and has two threads that end with it. ``outside`` are requests for paths that
    are not below ``prefix``."""

    def __init__(self, prefix: str, port: int) -> None:
        self.prefix, self._upstream = prefix, ("127.0.0.1", port)
        self.outside: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{prefix}/"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()  # guards the set
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "PathProxy":
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shut(self._listener)
        with self._lock:
            for each in self._open:
                shut(each)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name="path proxy")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is shut
            while True:
                client, _ = self._listener.accept()
                self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._upstream) as server, self._watched(client, server):
            head, _, rest = read_head(client)
            if not head:
                return
            method, path, version = head.decode("latin-1").split("\r\n", 1)[0].split(" ")
            if not path.startswith(f"{self.prefix}/"):
                self.outside.append(path)
                client.sendall(NOT_FOUND)
                return
            server.sendall(self._passed_on(head, f"{method} {path[len(self.prefix) :]} {version}") + rest)
            self._begin(pump, client, server)
            pump(server, client)

    def _passed_on(self, head: bytes, request: str) -> bytes:
        dropped = ("connection:", "x-forwarded-")
        lines = [line for line in head.decode("latin-1").split("\r\n")[1:] if not line.lower().startswith(dropped)]
        own = ["Connection: close", f"X-Forwarded-Prefix: {self.prefix}", "X-Forwarded-For: 127.0.0.1"]
        return "\r\n".join([request, *lines, *own, "", ""]).encode("latin-1")

    @contextlib.contextmanager
    def _watched(self, *sockets: socket.socket):  # type: ignore[no-untyped-def]
        with self._lock:
            self._open.update(sockets)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(sockets)
            for each in sockets:
                shut(each)


def read_head(client: socket.socket) -> tuple[bytes, bytes, bytes]:
    """A request's head, and what came behind it; empty where the client went away."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < MAX_HEAD_BYTES:
        with contextlib.suppress(OSError):
            if more := client.recv(65536):
                data += more
                continue
        return b"", b"", b""
    return data.partition(b"\r\n\r\n")


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):  # one of them has gone
        while data := source.recv(65536):
            target.sendall(data)
    shut(target)


def shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
