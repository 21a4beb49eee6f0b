"""The networks that this machine is in itself, without a router between."""

import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROUTES = Path("/proc/net/route")
UP, LOOPBACK, POINT_TO_POINT, MULTICAST = 0x1, 0x8, 0x10, 0x1000  # flags of an interface
GET_FLAGS, GET_ADDRESS = 0x8913, 0x8915  # SIOCGIFFLAGS, SIOCGIFADDR
MAX_NETWORKS = 16  # that are asked; a machine with containers may have many bridges

Interface = Callable[[str, int], bytes]  # its name and a request; the 24 bytes that answer it, or OSError


@dataclass(frozen=True)
class Network:
    interface: str
    own: str  # the address of this machine there
    addresses: ipaddress.IPv4Network

    def __contains__(self, address: str) -> bool:
        try:
            return ipaddress.IPv4Address(address) in self.addresses
        except ValueError:
            return False


def _of_kernel(name: str, request: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        return fcntl.ioctl(asked, request, struct.pack("=16s24s", name.encode(), b""))[16:]  # struct ifreq


def connected_networks(routes: Path = ROUTES, interface: Interface = _of_kernel) -> list[Network]:
    """Of interfaces that carry multicast: neither loopback nor tunnels. IPv4, as that is where cameras answer."""
    found: list[Network] = []
    for name, addresses in _direct_routes(routes):
        try:
            (flags,) = struct.unpack_from("=H", interface(name, GET_FLAGS))
            own = socket.inet_ntoa(interface(name, GET_ADDRESS)[4:8])  # struct sockaddr_in
        except OSError:  # it has no address, or is gone
            continue
        carries_multicast = flags & (UP | MULTICAST) == UP | MULTICAST and not flags & (LOOPBACK | POINT_TO_POINT)
        if carries_multicast and len(found) < MAX_NETWORKS:
            found.append(Network(name, own, addresses))
    return found


def _direct_routes(routes: Path) -> list[tuple[str, ipaddress.IPv4Network]]:
    """The interface of each route that leads to no router, and which addresses are there."""
    try:
        lines = routes.read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    found = [
        (row[0], ipaddress.IPv4Network((_address(row[1]), _address(row[7])), strict=False))
        for row in rows
        if len(row) > 7 and int(row[2], 16) == 0 and int(row[3], 16) & UP
    ]
    return [each for each in found if 0 < each[1].prefixlen < 32 and not each[1].is_multicast]


def _address(text: str) -> str:
    """The kernel writes addresses as they lie in its memory."""
    return str(ipaddress.IPv4Address(int(text, 16).to_bytes(4, "little")))
