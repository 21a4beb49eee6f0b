"""A client's connection to waitress: what the app can learn from it and send to it while its answer is open."""

import contextlib
import fcntl
import socket
import struct
import sys
import termios
import time
import weakref
from functools import partial
from typing import Any, NamedTuple

from waitress.buffers import OverflowableBuffer, ReadOnlyFileBasedBuffer
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask

from petcam.system.network import network_of
from petcam.web.http.parser import Parser, Refusal
from petcam.web.http.places import REQUEST_BYTES

CONNECTION_KEY = "petcam.connection"  # in the WSGI environment
MAX_WAIT_SECONDS = 60.0  # for a client: to send its request, to go on reading, to ask for more
MAX_END_SECONDS = 2.0  # for a client to close, once it has got all
MAX_BYTES_OF_TURN = 2**20  # that are sent to a client before others get their turn
NO_LINGER = struct.pack("ii", 1, 0)  # struct linger: close by a reset
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

        Call it only while the backlog is small: what the client does not read is kept in memory.
        """
        with contextlib.suppress(ClientDisconnected):
            self._task.write(data)

    def let_in(self, session: str) -> None:
        """Say whose request this is; empty: of nobody who is logged in."""
        channel: Any = self._task.channel
        channel.session = session

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
        self.environ = None  # waitress asks once, and its keeping it would be a cycle, left to the garbage collector
        return environ


class Channel(HTTPChannel):
    """A connection; its methods here run in the thread of waitress's loop, but ``service``, ``write_soon``
    and ``send``.

    No thread of the server waits for a client to read: an answer is taken whole, and a request is begun only when the
    answer before it has left. What a client sends ahead is kept, and no more than one buffer is read of it. At its end
    a connection stays, and counts, until the client has taken all: what the kernel holds for clients is memory too.
    """

    task_class = Task
    error_task_class = Refusal
    server: Any  # the Listener
    socket: Any
    request: Any
    requests: Any
    outbufs: Any
    parser_class: Any
    _flush_some: Any
    _flush_some_if_lockable: Any
    place = 1  # what it counts in CONNECTIONS

    def __init__(self, server: Any, sock: socket.socket, address: Any, *args: Any, **options: Any) -> None:
        self.address, self.network = str(address[0]), network_of(address[0])
        self.session = ""  # of the last request; a thread that answers writes it
        self._stranger = object() if self.network in server.own_networks else self.network
        self.turn = self._stranger  # changed only while no request waits
        self.since = time.monotonic()  # the server has waited for the client; from the first byte of a request
        self.request_bytes = self.answer_bytes = 0  # the latter is guarded by outbuf_lock
        self._ahead = b""
        self._has_ended = False  # all is sent, and so is the end
        self._left_of_turn = 0
        weakly: Any = weakref.proxy(self)  # or this were a cycle, too
        self.parser_class = partial(Parser, network=self.network, keep=lambda data: weakly._keep(data))
        super().__init__(server, sock, address, *args, **options)

    @property
    def is_served(self) -> bool:
        """Whether it waits for the server, and not for its client."""
        return bool(self.requests) and not self.total_outbufs_len

    def tend(self, now: float) -> None:
        """Close it where its client has been waited for too long."""
        if self._has_ended and not self._unread_bytes() and now - self.since > MAX_END_SECONDS:
            self.handle_close()
        elif now - self.since > MAX_WAIT_SECONDS and not self.is_served:
            self.give_way()

    def give_way(self) -> None:
        """Close it at once. What its client has not read is dropped, here and in the kernel."""
        if self._unread_bytes():
            with contextlib.suppress(OSError):  # it has gone
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.handle_close()

    def handle_close(self) -> None:
        """What has not reached a thread is dropped, or it would be held longer than it is counted."""
        super().handle_close()
        dispatcher = self.server.task_dispatcher
        with dispatcher.lock:
            unanswered = list(self.requests) if dispatcher.queue.remove(self) else []
        for request in [*unanswered, *([self.request] if self.request is not None else [])]:
            request.close()
        self._ahead = b""

    def readable(self) -> bool:
        """The loop asks this in each round; a request that was sent ahead is taken up here once it is its turn."""
        if not self.connected:
            return False
        if self._has_ended:
            return True
        if self.answer_bytes and not self.total_outbufs_len and self.outbuf_lock.acquire(False):
            self._drop_sent()
            self.outbuf_lock.release()
        while self._ahead and not self.requests and not self.total_outbufs_len:
            ahead, self._ahead = self._ahead, b""
            super().received(ahead)
        if self.request_bytes:
            self._count_request()
        return not self._ahead and bool(super().readable())

    def writable(self) -> bool:
        return bool(self.total_outbufs_len or self.will_close or (self.close_when_flushed and not self._has_ended))

    def received(self, data: bytes) -> bool:
        if self._has_ended:
            return True
        if self.requests:  # of which one is being answered
            self._ahead = data
            return True
        self.turn = self.session or self._stranger
        return bool(super().received(data))

    def handle_read(self) -> None:
        request, since = self.request, self.since
        super().handle_read()
        if not self.connected or self._has_ended:
            return
        self.since = since if request is not None and self.request is request else time.monotonic()
        self._count_request()
        self.server.keep_within(REQUEST_BYTES)

    def handle_write(self) -> None:
        """As waitress does it; but it would close a connection with the end of the answer still in the kernel."""
        self._left_of_turn = MAX_BYTES_OF_TURN
        try:
            if self.requests:  # whose thread may be adding to the answer
                self._flush_some_if_lockable()
            else:
                self._flush_some()
        except OSError:
            self.will_close = True
        if self.will_close:
            self.handle_close()
        elif self.close_when_flushed and not self.total_outbufs_len and self.connected:
            self._end()

    def send(self, data: bytes, *args: Any, **options: Any) -> int:
        if self._left_of_turn <= 0:  # one that reads fast must not keep the loop for itself
            return 0
        sent = int(super().send(data, *args, **options))
        self._left_of_turn -= sent
        if sent:
            self.since = time.monotonic()
        return sent

    def service(self) -> None:
        """Called by the thread that answers."""
        dispatcher, turn = self.server.task_dispatcher, self.turn
        try:
            super().service()
        finally:
            with dispatcher.lock:
                dispatcher.queue.done(turn)
                dispatcher.queue_cv.notify()  # one of the same network may have waited for this

    def write_soon(self, data: Any) -> int:
        """Called by the thread that answers; it never waits. A file is read as it is sent, so it takes no memory."""
        with self.outbuf_lock:
            self._left_of_turn = MAX_BYTES_OF_TURN
            if not self.total_outbufs_len and self.connected:
                self._drop_sent()
            if not isinstance(data, ReadOnlyFileBasedBuffer):
                self.answer_bytes += len(data)
            return int(super().write_soon(data))

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Here waitress would wait for the client."""

    def _keep(self, data: bytes) -> None:
        self._ahead = data

    def _count_request(self) -> None:
        requests = [*self.requests, *([self.request] if self.request is not None else [])]
        self.request_bytes = len(self._ahead) + sum(request.held for request in requests)

    def _drop_sent(self) -> None:
        """A buffer keeps what has been sent until it is closed. To be called with outbuf_lock and nothing unsent."""
        for buffer in self.outbufs:
            buffer.close()
        self.outbufs[:] = [OverflowableBuffer(self.adj.outbuf_overflow)]
        self.current_outbuf_count = self.answer_bytes = 0

    def _unread_bytes(self) -> int:
        """What the kernel holds and the client's has not acknowledged."""
        try:
            raw = fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, bytes(4))
        except (OSError, AttributeError, ValueError):  # it has been closed
            return 0
        return int.from_bytes(raw, sys.byteorder)

    def _end(self) -> None:
        """Say that no more comes, and wait for the client's own end; what it still sends is not kept."""
        self._has_ended, self.since = True, time.monotonic()
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()
