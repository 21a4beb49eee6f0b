"""The requests in an RTSP connection (RFC 2326); interleaved packets from the client are passed over."""

import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]  # names in small letters

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class Requests:
    """``deadline`` (time.monotonic) may be set while it is waited for a request: the end of it all."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._buffer = b""
        self.deadline = float("inf")

    def __iter__(self) -> Iterator[Request]:
        """Until the client hangs up, or the deadline has passed."""
        while self._receive():
            while (request := self._next()) is not None:
                yield request

    def _receive(self) -> bool:
        poll = select.poll()
        poll.register(self._client, select.POLLIN)
        left = self.deadline - time.monotonic()
        if not poll.poll(None if left == float("inf") else max(0, left) * 1000):
            return False
        chunk = self._client.recv(65536)
        self._buffer += chunk
        return bool(chunk)

    def _next(self) -> Request | None:
        self._pass_over_packets()
        head, ends, rest = self._buffer.partition(b"\r\n\r\n")
        if self._buffer[:1] == b"$" or not ends:
            return None
        self._buffer = rest
        first, *lines = head.decode("latin-1").split("\r\n")
        method, url, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        return Request(method, url, {name.lower(): value.strip() for name, _, value in pairs})

    def _pass_over_packets(self) -> None:
        while self._buffer[:1] == b"$" and len(self._buffer) >= 4:
            end = 4 + int.from_bytes(self._buffer[2:4], "big")
            if len(self._buffer) < end:
                return
            self._buffer = self._buffer[end:]
