"""The host names by which petcam may be opened. All others are refused, as a protection against DNS rebinding, where a
foreign page's name is made to resolve to this board.

An address is allowed if it is this machine's at that moment, whether by DHCP, a VPN or IPv6; binding a socket to it
tells. A name is allowed if nobody outside can make it resolve to this board: this machine's own name, names with a
suffix of local networks, and names in the configuration. ``tests/host-cases.yaml`` compares this with the streamer's
rules.
"""

import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, request

from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.system.network import is_own_address

HOST_PATTERN = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
MDNS_SUFFIX = ".local"
CACHE_SECONDS = 2.0  # for so long a name or address is not checked again: a page asks several times a second
# What home routers put behind a machine's name. No stranger can register below one: docs/security.md says why of each.
LOCAL_SUFFIXES = (
    *(".lan", ".home", ".home.arpa", ".internal", ".intranet", ".private", ".corp", ".localdomain"),
    ".fritz.box",
)
ANY_TAILNET = ".*.ts.net"  # behind a machine's name, with one label for the star: in a tailnet of Tailscale's
_IN_TAILNET = re.compile(r"([^.]+)\.[^.]+\.ts\.net")


def host_name(host: str) -> str:
    """The name in a ``Host`` header: lower case, without port and brackets; empty where it is not a valid host."""
    matched = HOST_PATTERN.fullmatch(host)
    return matched["name"].strip("[]").lower() if matched else ""


class Hosts:
    """``machine_names`` are asked again and again: a board may be renamed while this runs."""

    def __init__(self, config: Config, machine_names: Callable[[], Iterable[str]]) -> None:
        configured = [*config.web.hosts, *config.webrtc.extra_hosts, _host_of(config.streamer.public_url)]
        self._configured = {"localhost", *(host_name(host) or host.lower() for host in configured)}
        self._own_names = lru_cache(1)(lambda period: frozenset(_names_of(machine_names())))
        self._is_own_address = lru_cache(64)(_is_own_address)

    def register(self, app: Flask) -> None:
        app.before_request(self.refuse_foreign)

    def refuse_foreign(self) -> None:
        """Runs before anything else, so that a page under a foreign name does not even get the login page."""
        host = request.headers.get("Host", "")
        if self.allows(host):
            return
        name = host_name(host) or "that name"
        raise PetcamError(
            Code.UNKNOWN_HOST,
            f"petcam is not known as {name}: open it by its address or as NAME.local, or add the name to web.hosts in "
            "/etc/petcam/petcam.yaml, then: sudo systemctl restart petcam.target",
            key="refusals.unknown_host",
            name=name,
        )

    def allows(self, host: str) -> bool:
        """``host`` is the request's ``Host``."""
        name = host_name(host).rstrip(".")
        if not name:
            return False
        if name in self._configured or name.endswith((MDNS_SUFFIX, ".localhost")):
            return True
        period = int(time.monotonic() / CACHE_SECONDS)
        own = self._own_names(period)
        return name in own or _with_any_tailnet(name) in own or self._is_own_address(name, period)


def _names_of(machine: Iterable[str]) -> Iterator[str]:
    """Of each name also its first part, and that below the suffixes of home networks and of tailnets."""
    for full in machine:
        own = full.lower().partition(".")[0]
        yield from (full.lower(), own, *(own + suffix for suffix in (*LOCAL_SUFFIXES, ANY_TAILNET)))


def _with_any_tailnet(name: str) -> str:
    """``machine.*.ts.net`` for ``machine.tailnet.ts.net``; empty for other names."""
    matched = _IN_TAILNET.fullmatch(name)
    return matched[1] + ANY_TAILNET if matched else ""


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # it has brackets without an address
        return ""


def _is_own_address(name: str, period: int) -> bool:
    """Whether ``name`` is an address of this machine; ``period`` is part of the cache's key, so that answers expire."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    if address.is_unspecified:  # binding to it always succeeds
        return False
    if address.is_loopback:
        return True
    return is_own_address(name)
