"""A home network in network namespaces: a board, an owner and an attacker on one switch (needs root and iproute2).

All have an IPv4 address and one in the same IPv6 /64, as in a home; the attacker has many. Nothing of it is connected
to this machine's own networks.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BOARD_V4, BOARD_V6 = "192.168.66.1", "fd66::1"
OWNER_V4, OWNER_V6 = "192.168.66.2", "fd66::2"
ATTACKER_V4 = [f"192.168.66.{number}" for number in range(10, 20)]
ATTACKER_V6 = [f"fd66::1:{number:x}" for number in range(256)]
CLONE_NEWNET = 0x40000000


class SiegeLan:
    """See :func:`siege_lan`."""

    def __init__(self) -> None:
        self._names = {place: f"petcam-{place}-{os.getpid()}" for place in ("board", "owner", "attacker")}

    def inside(self, place: str) -> list[str]:
        """The words before a command that runs it at ``place``: board, owner or attacker."""
        return ["ip", "netns", "exec", self._names[place]]

    @contextmanager
    def entered(self, place: str) -> Iterator[None]:
        """Sockets that this thread makes within the context are at ``place``, and stay there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self._names[place]}") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter the network of {place}")
            try:
                yield
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)

    def _make(self) -> None:
        for name in self._names.values():
            _ip([f"netns add {name}"])
        self._ip_at("board", "link add switch type bridge", "link set lo up", "link set switch up")
        self._ip_at("board", *_addresses("switch", [BOARD_V4, BOARD_V6]))
        for place, addresses in (("owner", [OWNER_V4, OWNER_V6]), ("attacker", ATTACKER_V4 + ATTACKER_V6)):
            self._plug_in(place, addresses)

    def _plug_in(self, place: str, addresses: list[str]) -> None:
        peer = f"netns {self._names[place]}"
        self._ip_at("board", f"link add {place} type veth peer name lan {peer}")
        self._ip_at("board", f"link set {place} master switch", f"link set {place} up")
        self._ip_at(place, "link set lo up", "link set lan up", *_addresses("lan", addresses))

    def _ip_at(self, place: str, *lines: str) -> None:
        _ip(list(lines), "-n", self._names[place])

    def _remove(self) -> None:
        for name in self._names.values():
            if Path(f"/run/netns/{name}").exists():
                subprocess.run(["ip", "netns", "del", name], check=True)


@contextmanager
def siege_lan() -> Iterator[SiegeLan]:
    """Raises ``OSError`` where it cannot be made."""
    made = SiegeLan()
    try:
        made._make()
        yield made
    finally:
        made._remove()


def _addresses(device: str, addresses: list[str]) -> list[str]:
    return [
        f"addr add {each}/64 dev {device} nodad" if ":" in each else f"addr add {each}/24 dev {device}"
        for each in addresses
    ]


def _ip(lines: list[str], *words: str) -> None:
    done = subprocess.run(["ip", *words, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
