"""waitress in a thread of its own, so that it can be stopped cleanly with streams open.

Threads: ``waitress`` runs the loop that accepts, reads and sends; ``waitress-N`` run the app.
"""

import errno
import os
import socket
import threading
from typing import Any

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.server import create_server

from petcam.errors import Code, PetcamError
from petcam.system.network import http_get
from petcam.web.http.channel import Channel

LONGEST_UNACKNOWLEDGED_MS = 60_000  # a phone that left the Wi-Fi says no goodbye: then its connection is closed
STOP_TIMEOUT = 2.0  # seconds for requests that are being answered; then as much for the loop
SETTINGS: dict[str, Any] = {
    "ident": None,
    "connection_limit": 500,
    "asyncore_use_poll": True,  # select() ends at descriptor 1024
    "channel_timeout": 60,
    "cleanup_interval": 10,
    "clear_untrusted_proxy_headers": False,  # petcam.web.http.forwarded does, and knows whom to believe
    "max_request_body_size": 1 << 20,  # the app's own limits are lower and answer in JSON
    "outbuf_high_watermark": 256 * 1024,  # of a reader that stalls, instead of 16 MB
}


class WebServer:
    """Bound and listening once made; raises ``PORT_TAKEN`` with one line that names port and key."""

    def __init__(self, app: Flask, host: str, port: int, threads: int) -> None:
        listener = listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._host = host
        settings = dict(SETTINGS, threads=threads, sockets=[listener])
        if hasattr(Adjustments, "channel_request_lookahead"):  # since waitress 2.1: a gone client is noticed
            settings["channel_request_lookahead"] = 1
        self._server: Any = create_server(app, **settings)
        vars(self._server)["channel_class"] = Channel
        self._loop = threading.Thread(target=self._server.run, name="waitress", daemon=True)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Answer what was asked, then close. Open streams must have been told to end before."""
        if not self._loop.is_alive():
            return
        self._server.task_dispatcher.shutdown(timeout=STOP_TIMEOUT)
        self._server.trigger.pull_trigger(self._close)
        self._loop.join(STOP_TIMEOUT)

    def is_alive(self) -> bool:
        """Whether ``/healthz`` answers, asked as a browser would."""
        return http_get(self._host, self.port, "/healthz") is not None

    def _close(self) -> None:
        """Runs in the loop's thread; with nothing left to watch the loop ends."""
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()  # wakes a thread that waits for a stalled reader
        self._server.close()


def listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise PetcamError(Code.BAD_CONFIG, f"web.host: {host} is no address of this machine") from error
    try:
        listener = socket.create_server(address[:2], family=family, backlog=128, dualstack_ipv6=address[0] == "::")
    except OSError as error:
        raise _refused(host, port, error) from error
    listener.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LONGEST_UNACKNOWLEDGED_MS
    )  # accepted sockets inherit it
    return listener


def _refused(host: str, port: int, error: OSError) -> PetcamError:
    if error.errno == errno.EADDRINUSE:
        return PetcamError(
            Code.PORT_TAKEN, f"port {port} is taken by another program: change web.port in the configuration"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return PetcamError(Code.BAD_CONFIG, f"web.host: {host} is no address of this machine")
    return PetcamError(Code.PORT_TAKEN, f"web.port: port {port} cannot be used: {os.strerror(error.errno or 0)}")
