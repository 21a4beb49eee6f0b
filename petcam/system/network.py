"""Addresses and ports of this machine."""

import fcntl
import http.client
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

INTERFACES = "/sys/class/net"
GET_ADDRESS = 0x8915  # SIOCGIFADDR


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def network_of(address: str) -> str:
    """What counts as one device in every limit: an IPv4 address, or the /64 of an IPv6 address: a device can use all of
    that. What is no address counts as it is. tests/network-cases.yaml; in Go: internal/network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 32 if parsed.version == 4 else 64), strict=False))


def local_url_host(host: str) -> str:
    """The host part of a URL by which this machine reaches its own service that is bound to ``host``."""
    here = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
    return f"[{here}]" if ":" in here else here


def http_get(host: str, port: int, path: str, timeout: float = 3.0) -> bytes | None:
    """The body that this machine's service bound to ``host`` and ``port`` answers; None unless the status is 200."""
    connection = http.client.HTTPConnection(f"{local_url_host(host)}:{port}", timeout=timeout)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def lan_address() -> str:
    """This machine's address on its network, also on one without a router; the loopback address where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: a datagram socket only chooses its own address
        except OSError:
            return next(_interface_addresses(probe), "127.0.0.1")
        return str(probe.getsockname()[0])


def _interface_addresses(asked: socket.socket) -> Iterator[str]:
    """Of all interfaces but the loopback; ``asked`` is any socket of IPv4."""
    for name in sorted(os.listdir(INTERFACES)) if os.path.isdir(INTERFACES) else ():
        request = struct.pack("=16s24s", os.fsencode(name), b"")  # struct ifreq
        with suppress(OSError):  # it has none
            address = socket.inet_ntoa(fcntl.ioctl(asked, GET_ADDRESS, request)[20:24])
            if not is_loopback(address):
                yield address


def is_own_address(host: str) -> bool:
    """Whether ``host`` is, or resolves to, an address of this machine now; true for all of them, ``0.0.0.0`` and
    ``::``."""
    return is_port_free(host, 0)


def is_port_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether a service could bind there now. An address that is not this machine's is not free either."""
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            if kind == socket.SOCK_STREAM:  # as servers do, so that a connection in TIME_WAIT does not count
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
