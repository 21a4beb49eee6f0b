"""The listening socket in waitress's loop: accepts connections, and ends those that have to give way or wait too long.

All of it runs in the thread of the loop.
"""

import errno
import logging
import resource
import time
from collections.abc import Collection
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from petcam.system.network import network_of
from petcam.web.http.channel import Channel
from petcam.web.http.places import ANSWER_BYTES, CONNECTIONS, Limit, Places
from petcam.web.http.turns import Turns

TEND_SECONDS = 1.0
ACCEPT_PAUSE_SECONDS = 1.0
ACCEPTED_AT_ONCE = 64  # in one round of the loop, lest a flood fill the queue in which the owner waits as well
SHARE_OF_THREADS = 0.5  # that one network may have at once
OTHER_DESCRIPTORS = 124  # segments, pictures, the streamer, logs
MIN_CONNECTIONS = 8
OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = logging.getLogger(__name__)


class Listener(TcpWSGIServer):
    channel_class = Channel
    active_channels: Any  # by descriptor
    socket: Any
    _map: Any

    def __init__(self, app: Any, listener: Any, own: Collection[str], settings: dict[str, Any]) -> None:
        """``own`` are addresses of this machine from which its TLS proxy connects."""
        self.own_networks = frozenset(map(network_of, own))
        self._places = Places(self.own_networks)
        self._tend_at = self._accept_at = 0.0  # time.monotonic(): wall clocks jump
        self._is_out_of_resources = False
        dispatcher: Any = ThreadedTaskDispatcher()
        adjustments = Adjustments(**settings)
        dispatcher.queue = Turns(max(1, int(adjustments.threads * SHARE_OF_THREADS)))
        dispatcher.set_thread_count(adjustments.threads)
        info = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(
            app, {}, _sock=listener, dispatcher=dispatcher, adj=adjustments, sockinfo=info, bind_socket=False
        )

    def readable(self) -> bool:
        """The loop asks this first in each round, and at least once a second."""
        now = time.monotonic()
        if now >= self._tend_at:
            self._tend_at = now + TEND_SECONDS
            for channel in list(self.active_channels.values()):
                channel.tend(now)
        self.keep_within(ANSWER_BYTES)
        return bool(self.accepting) and now >= self._accept_at

    def keep_within(self, limit: Limit, wanted: int = 0) -> None:
        while channel := self._places.gives_way(self.active_channels.values(), limit, wanted):
            _log.info("too many %s: one connection of %s gives way", limit.what, channel.network)
            channel.give_way()

    def handle_accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not self._accept_one():
                return

    def _accept_one(self) -> bool:
        """Whether there may be another."""
        try:
            connection, address = self.socket.accept()
        except OSError as error:  # none waits, or the client has gone again
            if error.errno in OUT_OF_RESOURCES:
                self._make_descriptor_free(error)
            return False
        self._is_out_of_resources = False
        self.keep_within(CONNECTIONS._replace(most=most_connections()), 1)
        try:
            self.set_socket_options(connection)
        except OSError:  # it has gone
            connection.close()
            return True
        self.channel_class(self, connection, address, self.adj, map=self._map)
        return True

    def _make_descriptor_free(self, error: OSError) -> None:
        """End a connection that waits for its client. Without one the socket is not watched for a while, or the loop
        would spin."""
        if not self._is_out_of_resources:
            _log.error("no further connection can be accepted: %s", error.strerror)
        self._is_out_of_resources = True
        waiting = [channel for channel in self.active_channels.values() if not channel.is_served]
        channel = self._places.gives_way(waiting, CONNECTIONS._replace(most=len(waiting)), 1)
        if channel is None:
            self._accept_at = time.monotonic() + ACCEPT_PAUSE_SECONDS
        else:
            channel.give_way()


def most_connections() -> int:
    """As the limit says, or fewer where this process may not open enough files: each may be sent one."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return CONNECTIONS.most
    return max(MIN_CONNECTIONS, min(CONNECTIONS.most, (descriptors - OTHER_DESCRIPTORS) // 2))
