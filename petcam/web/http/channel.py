"""A client's connection to waitress: what the app can learn from it and send to it while its answer is open."""

import contextlib
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

CONNECTION_KEY = "petcam.connection"  # in the WSGI environment
MAX_CONNECTIONS = 450  # below waitress's connection_limit, at which it would accept no new connection
# The fields of struct tcp_info that TcpInfo has: u8 tcpi_state, u64 tcpi_bytes_acked, u32 tcpi_notsent_bytes,
# u32 tcpi_snd_wnd.
TCP_INFO_FIELDS = struct.Struct("=B119xQ16xI80xI")
TCP_CLOSE = 7  # the state TCP_CLOSE of the kernel: the client has sent a reset
MIN_PROGRESS_BYTES = 4096  # that the client must acknowledge before it counts as reading
BACKLOG_DECAY = 1 / 200  # share of the estimate of unread bytes that each call takes off, since it may be wrong


class TcpInfo(NamedTuple):
    """What the kernel knows of a TCP connection; 0 for what it does not tell."""

    state: int
    acked: int  # bytes
    not_sent: int  # bytes; since Linux 4.6
    window: int  # bytes; since 5.4


class Connection:
    """The connection to one client, for one thread at a time. Nothing here waits for the client."""

    def __init__(self, task: "Task") -> None:
        self._task = task
        self._socket: Any = task.channel.socket
        # When the client was last seen to read:
        self._acked = 0  # bytes that its system had acknowledged
        self._window = 0.0  # bytes that its system had room for (its TCP window)

    @property
    def gone(self) -> bool:
        """Whether the connection has ended. waitress before 2.1 notices that only when it sends something."""
        return not self._task.channel.connected or self._info().state == TCP_CLOSE

    def send(self, data: bytes) -> None:
        """Send a further part of the body; it is dropped where the client is gone.

        Call it only while the backlog is small, or it waits for the client.
        """
        with contextlib.suppress(ClientDisconnected):
            self._task.write(data)

    def unsent(self) -> int:
        """Bytes of the answer that have not left this machine."""
        return int(self._task.channel.total_outbufs_len) + self._info().not_sent

    def backlog(self) -> int:
        """About how many bytes the client has not read: those that wait here, and those in its system's receive buffer.

        The latter are estimated by its TCP window, which shrinks by what arrives and is not read. It is made for small
        parts, such as events. Of 1,000 results that came while a client stalled, it then gets some 130 instead of all
        (bench/results/detections.md).
        """
        _, acked, not_sent, window = self._info()
        got, shrunk = acked - self._acked, self._window - window
        has_read, other_cause = got > MIN_PROGRESS_BYTES and shrunk < got / 4, shrunk > got + MIN_PROGRESS_BYTES
        if shrunk <= 0 or has_read or other_cause:
            self._acked, self._window, shrunk = acked, window, 0
        self._window -= shrunk * BACKLOG_DECAY
        return int(self._task.channel.total_outbufs_len) + not_sent + int(shrunk)

    def _info(self) -> TcpInfo:
        try:
            raw: bytes = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_FIELDS.size)
        except OSError:  # it was closed at this moment
            raw = b""
        return TcpInfo(*TCP_INFO_FIELDS.unpack(raw.ljust(TCP_INFO_FIELDS.size, b"\0")))


class Task(WSGITask):
    """One request and its answer."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ.setdefault(CONNECTION_KEY, Connection(self))
        return environ


class Parser(HTTPRequestParser):
    """Takes one request; what is sent behind it goes to ``keep``."""

    def __init__(self, adjustments: Any, keep: Callable[[bytes], None]) -> None:
        super().__init__(adjustments)
        self._keep = keep

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if self.completed:
            self._keep(data[taken:])
        return len(data) if self.completed else taken


class Channel(HTTPChannel):
    """A connection; its methods here run in the thread of waitress's loop.

    A request is begun only when the answer before it has left, so no thread of the server waits for a client to read
    (but one that sends a stream, which holds a slot). What a client sends ahead is kept, and no more than one buffer is
    read of it.

    Where there are too many, a new one replaces the one whose request has been awaited for longest. That time counts
    from the first byte of a request, so that sending it byte by byte does not keep the connection.
    """

    task_class = Task
    parser_class: Any

    def __init__(self, server: Any, *args: Any, **options: Any) -> None:
        without_request = [channel for channel in server.active_channels.values() if not channel.requests]
        if len(server.active_channels) >= MAX_CONNECTIONS and without_request:
            min(without_request, key=lambda channel: channel.last_activity).handle_close()
        self._ahead = b""
        self.parser_class = partial(Parser, keep=self._keep)
        super().__init__(server, *args, **options)

    def _keep(self, data: bytes) -> None:
        self._ahead = data

    def readable(self) -> bool:
        """The loop asks this in each round; a request that was sent ahead is taken up here once it is its turn."""
        while self._ahead and not self.requests and not self.total_outbufs_len:
            ahead, self._ahead = self._ahead, b""
            super().received(ahead)
        return not self._ahead and bool(super().readable())

    def received(self, data: bytes) -> bool:
        if self.requests:  # of which one is being answered
            self._ahead = data
            return True
        return bool(super().received(data))

    def handle_read(self) -> None:
        started_at = self.last_activity if self.request is not None else None
        super().handle_read()
        if started_at is not None and self.request is not None:
            self.last_activity = started_at
