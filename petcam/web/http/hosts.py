"""Names by which petcam may be opened. A foreign page whose name was made to resolve to this board (DNS rebinding) is
refused.

An address is allowed where it is this machine's at that moment, whatever DHCP, a VPN or IPv6 made it: asking the kernel
to bind to it tells. Of names those count that nobody outside can bend: this machine's own, those with a suffix of local
networks only, and what the configuration names. ``tests/host-cases.yaml`` compares this with the streamer's rules.
"""

import ipaddress
import re
import socket
import time
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, request

from petcam.config import Config
from petcam.errors import Code, PetcamError

HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
MDNS = ".local"
REMEMBERED = 2.0  # seconds for which an address counts as it was: a page asks several times a second
LOCAL_SUFFIXES = (
    ".lan",
    ".home.arpa",
    ".internal",
    ".localdomain",
)  # what home routers give; none is in the public DNS


def name_of(host: str) -> str:
    """Of a ``Host`` header: lower case, without port and brackets; empty where it is no host."""
    matched = HOST.fullmatch(host)
    return matched["name"].strip("[]").lower() if matched else ""


class Hosts:
    def __init__(self, config: Config, hostname: str) -> None:
        given = [*config.web.hosts, *config.webrtc.extra_hosts, _host_of(config.streamer.public_url)]
        own = hostname.lower().partition(".")[0]
        self._names = {"localhost", own, hostname.lower(), *(name_of(host) or host.lower() for host in given)}
        self._is_own_address = lru_cache(64)(_is_own_address)
        self._names |= {own + suffix for suffix in LOCAL_SUFFIXES}

    def register(self, app: Flask) -> None:
        app.before_request(self.refuse_foreign)

    def refuse_foreign(self) -> None:
        """Before anything else: to a page of a foreign name, even the login says nothing."""
        host = request.headers.get("Host", "")
        if self.allows(host):
            return
        name = name_of(host) or "that name"
        raise PetcamError(
            Code.UNKNOWN_HOST,
            f"petcam is not known as {name}: open it by its address or as NAME.local, or add the name to web.hosts in "
            "/etc/petcam/petcam.yaml and restart petcam.target",
            key="refusals.unknown_host",
            name=name,
        )

    def allows(self, host: str) -> bool:
        """``host`` is the request's ``Host``."""
        name = name_of(host).rstrip(".")
        if not name:
            return False
        if name in self._names or name.endswith((MDNS, ".localhost")):
            return True
        return self._is_own_address(name, int(time.monotonic() / REMEMBERED))


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # it has brackets without an address
        return ""


def _is_own_address(name: str, period: int) -> bool:
    """In this ``period`` of time."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    if address.is_unspecified:  # the kernel would take it for any
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((name, 0))
    except OSError:
        return False
    return True
