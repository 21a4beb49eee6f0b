"""Runs waitress in a thread of its own, so that it can be stopped cleanly while streams are open.

Threads: ``waitress`` runs the loop that accepts, reads and sends; ``waitress-N`` run the app.
"""

import errno
import os
import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Flask
from waitress.adjustments import Adjustments

from petcam.errors import Code, PetcamError
from petcam.system.network import http_get
from petcam.web.http.listener import Listener
from petcam.web.http.parser import MAX_BODY_BYTES, MAX_CHUNK_LINES_BYTES, MAX_HEADER_BYTES

MAX_UNACKNOWLEDGED_MS = 60_000  # then a connection is closed: a phone that leaves the Wi-Fi does not close its own
SEND_BUFFER_BYTES, RECEIVE_BUFFER_BYTES = 64 * 1024, 16 * 1024  # of each connection; the kernel takes twice as much
STOP_TIMEOUT_SECONDS = 2.0  # for requests that are being answered, and then as long again for the loop
BACKLOG = 1024  # connections that wait to be accepted; the kernel drops what comes when they are that many
LOOPBACK = ("127.0.0.1", "::1")
WAITRESS_SETTINGS: dict[str, Any] = {
    "ident": None,
    "asyncore_use_poll": True,  # select() cannot watch descriptors from 1024 on
    "asyncore_loop_timeout": 1,
    "backlog": BACKLOG,
    "clear_untrusted_proxy_headers": False,  # petcam.web.http.forwarded does that, and knows which proxies to trust
    "max_request_header_size": MAX_HEADER_BYTES,
    "max_request_body_size": MAX_BODY_BYTES + MAX_CHUNK_LINES_BYTES,  # waitress refuses this size itself
    "inbuf_overflow": 2 * MAX_BODY_BYTES,  # from this on requests, and
    "outbuf_overflow": 2**40,  # answers would go to /tmp, where strangers would fill the disk
}


class WebServer:
    """Listens as soon as it is made. Raises ``PORT_UNAVAILABLE`` with one line that names the key."""

    def __init__(self, app: Flask, host: str, port: int, threads: int) -> None:
        listener = listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._host = host
        settings = dict(WAITRESS_SETTINGS, threads=threads)
        if hasattr(Adjustments, "channel_request_lookahead"):  # since waitress 2.1; it notices that a client has gone
            settings["channel_request_lookahead"] = 1
        self._server: Any = Listener(app, listener, (*LOOPBACK, host), settings)
        self._loop = threading.Thread(target=self._server.run, name="waitress", daemon=True)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Finish the answers that were begun, then close. Open streams must have been told to end before this."""
        if not self._loop.is_alive():
            return
        self._server.task_dispatcher.shutdown(timeout=STOP_TIMEOUT_SECONDS)
        with suppress(OSError):  # a loop that is awake anyway may have closed by the time that it is woken
            self._server.trigger.pull_trigger(self._close)
        self._loop.join(STOP_TIMEOUT_SECONDS)

    def is_alive(self) -> bool:
        """Whether ``/healthz`` answers over HTTP, as it would to a browser."""
        return http_get(self._host, self.port, "/healthz") is not None

    def _close(self) -> None:
        """Runs in the loop's thread; the loop ends when it has nothing left to watch."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()


def listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise PetcamError(Code.PORT_UNAVAILABLE, f"web.host: {host} is no address of this machine") from error
    try:
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=address[0] == "::")
    except OSError as error:
        raise _bind_error(host, port, error) from error
    # Accepted sockets inherit these. Without the latter two the kernel holds up to 4 MB for each that does not read.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, MAX_UNACKNOWLEDGED_MS)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    return listener


def _bind_error(host: str, port: int, error: OSError) -> PetcamError:
    """Also where a key names no address of this machine: DHCP, a VPN or a name server may make it one later."""
    if error.errno == errno.EADDRINUSE:
        message = f"port {port} is taken by another program: change web.port in the configuration"
    elif error.errno == errno.EADDRNOTAVAIL:
        message = f"web.host: {host} is no address of this machine"
    else:
        message = f"web.port: port {port} cannot be used: {os.strerror(error.errno or 0)}"
    return PetcamError(Code.PORT_UNAVAILABLE, message)
