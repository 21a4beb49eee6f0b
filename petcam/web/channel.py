"""A viewer's connection to waitress, and what the app may know and do about it while its answer lasts."""

import contextlib
import socket
import struct
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask

CONNECTION = "petcam.connection"  # in the WSGI environment
MOST_CONNECTIONS = 450  # below connection_limit, at which waitress would hear nobody any more
NOT_SENT, WINDOW = 144, 228  # where struct tcp_info has tcpi_notsent_bytes (Linux 4.6) and tcpi_snd_wnd (5.4)
INFO_SIZE = WINDOW + 4
FORGIVEN = 1 / 1000  # of what a viewer seems not to have taken, at each look


class Connection:
    """The way to one viewer, for one thread at a time. Nothing here waits for the viewer."""

    def __init__(self, task: "Task") -> None:
        self._task = task
        self._socket: Any = task.channel.socket
        self._widest = 0.0  # bytes that the viewer's system once had room for

    def send(self, data: bytes) -> None:
        """A piece of the body, after the first. Only where the backlog is small: else it waits for the viewer.

        One to a viewer that is gone is dropped; the thread that answers ends by itself.
        """
        with contextlib.suppress(ClientDisconnected):
            self._task.write(data)

    def backlog(self) -> int:
        """About how many bytes the viewer has not taken: those that wait here, in the kernel, or with the viewer's own
        system, whose room for more then becomes less. Room that stays small is forgiven: it has another cause.
        """
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_SIZE)
        except OSError:  # it was closed in this moment
            return 0
        window = _number(info, WINDOW)
        self._widest = max(window, self._widest - (self._widest - window) * FORGIVEN)
        return int(self._task.channel.total_outbufs_len) + _number(info, NOT_SENT) + int(self._widest - window)


def _number(info: bytes, place: int) -> int:
    """The u32 there; 0 where the kernel does not tell."""
    return int(struct.unpack_from("=I", info, place)[0]) if len(info) >= place + 4 else 0


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
