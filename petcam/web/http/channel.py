"""A viewer's connection to waitress, and what the app may know and do about it while its answer lasts."""

import contextlib
import socket
import struct
from typing import Any, NamedTuple

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask

CONNECTION = "petcam.connection"  # in the WSGI environment
MOST_CONNECTIONS = 450  # below connection_limit, at which waitress would hear nobody any more
# Of struct tcp_info what Info has: u8 tcpi_state, u64 tcpi_bytes_acked, u32 tcpi_notsent_bytes, u32 tcpi_snd_wnd.
INFO = struct.Struct("=B119xQ16xI80xI")
CLOSED = 7  # TCP_CLOSE: the viewer has sent a reset
MIN_PROGRESS = 4096  # bytes over which it is judged whether a viewer reads
BACKLOG_DECAY = 1 / 200  # of what a viewer seems not to have read, taken off at each look: it may be wrong


class Info(NamedTuple):
    """Of a TCP connection; 0 for what the kernel does not tell."""

    state: int
    acked: int  # bytes
    not_sent: int  # bytes; since Linux 4.6
    window: int  # bytes; since 5.4


class Connection:
    """The way to one viewer, for one thread at a time. Nothing here waits for the viewer."""

    def __init__(self, task: "Task") -> None:
        self._task = task
        self._socket: Any = task.channel.socket
        self._acked = 0  # bytes that the viewer's system had got when it was last seen to read
        self._window = 0.0  # bytes that it had room for then

    @property
    def gone(self) -> bool:
        """Whether the connection has ended; before 2.1 waitress notices that only when it sends something."""
        return not self._task.channel.connected or self._info().state == CLOSED

    def send(self, data: bytes) -> None:
        """A piece of the body, after the first. Only where the backlog is small: else it waits for the viewer.

        One to a viewer that is gone is dropped.
        """
        with contextlib.suppress(ClientDisconnected):
            self._task.write(data)

    def waiting(self) -> int:
        """How many bytes have not left this machine."""
        return int(self._task.channel.total_outbufs_len) + self._info().not_sent

    def backlog(self) -> int:
        """About how many bytes a viewer of small pieces has not read: those that wait here, and those that lie with its
        system. That shows by its window, which becomes smaller by what it gets and nobody reads: of 1,000 results that
        came while a viewer stalled, it then gets some 130 instead of all (bench/results/detections.md)."""
        _, acked, not_sent, window = self._info()
        got, shrunk = acked - self._acked, self._window - window
        reads, other_cause = got > MIN_PROGRESS and shrunk < got / 4, shrunk > got + MIN_PROGRESS
        if shrunk <= 0 or reads or other_cause:
            self._acked, self._window, shrunk = acked, window, 0
        self._window -= shrunk * BACKLOG_DECAY
        return int(self._task.channel.total_outbufs_len) + not_sent + int(shrunk)

    def _info(self) -> Info:
        try:
            told: bytes = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO.size)
        except OSError:  # it was closed in this moment
            told = b""
        return Info(*INFO.unpack(told.ljust(INFO.size, b"\0")))


class Task(WSGITask):
    """One request and its answer."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ.setdefault(CONNECTION, Connection(self))
        return environ


class Channel(HTTPChannel):
    """A connection; what is here runs in the loop's thread. Where there are too many, a new one takes the place of that
    which has kept us waiting for a request the longest, and a request that drops in byte by byte counts from its first.
    """

    task_class = Task

    def __init__(self, server: Any, *args: Any, **options: Any) -> None:
        waiting = [channel for channel in server.active_channels.values() if not channel.requests]
        if len(server.active_channels) >= MOST_CONNECTIONS and waiting:
            min(waiting, key=lambda channel: channel.last_activity).handle_close()
        super().__init__(server, *args, **options)

    def handle_read(self) -> None:
        began = self.last_activity if self.request is not None else None
        super().handle_read()
        if began is not None and self.request is not None:
            self.last_activity = began
