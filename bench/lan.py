"""A network of its own for a browser, joined to this machine, that can be interrupted (needs root and iproute2)."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNUSED_MAC = "02:00:00:00:00:99"


class Lan:
    """A network namespace, joined to this machine by a veth pair; this machine is ``server`` in it. See :func:`lan`."""

    def __init__(self) -> None:
        self._name = f"petcam{os.getpid()}"
        self._here, self._there = f"pc{os.getpid()}a", f"pc{os.getpid()}b"
        block, quarter = divmod(os.getpid() % 2**14, 64)  # so that two runs at the same time use different addresses
        self.server, self._browser = (f"10.213.{block}.{4 * quarter + place}" for place in (1, 2))

    def inside(self, command: str) -> str:
        """A shell script that runs ``command`` with its arguments in the namespace."""
        return f'#!/bin/sh\nexec ip netns exec {self._name} {command} "$@"\n'

    @contextmanager
    def silent(self) -> Iterator[None]:
        """While the context lasts, packets in both directions are lost without an error; the interfaces stay up."""
        ends = ((["-n", self._name], self.server, self._there), ([], self._browser, self._here))
        for where, address, device in ends:
            _ip(*where, "neigh", "replace", address, "lladdr", UNUSED_MAC, "dev", device, "nud", "permanent")
        try:
            yield
        finally:
            for where, address, device in ends:
                _ip(*where, "neigh", "del", address, "dev", device)

    def _make(self) -> None:
        _ip("netns", "add", self._name)
        _ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self._name)
        _ip("addr", "add", f"{self.server}/30", "dev", self._here)
        _ip("link", "set", self._here, "up")
        _ip("-n", self._name, "addr", "add", f"{self._browser}/30", "dev", self._there)
        _ip("-n", self._name, "link", "set", self._there, "up")
        _ip("-n", self._name, "link", "set", "lo", "up")

    def _remove(self) -> None:
        # The link is deleted first: a namespace is removed only with some delay.
        subprocess.run(["ip", "link", "del", self._here], capture_output=True)
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True)


@contextmanager
def lan(command: str) -> Iterator[tuple[Lan, str]]:
    """The network, and an executable that runs ``command`` in it. Raises ``OSError`` where it cannot be made."""
    made = Lan()
    try:
        made._make()
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "inside"
            file.write_text(made.inside(command))
            file.chmod(0o755)
            yield made, str(file)
    finally:
        made._remove()


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
