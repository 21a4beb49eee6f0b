"""A network between this machine and a browser of its own, which can fall silent (root; ``ip`` of iproute2)."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOWHERE = "02:00:00:00:00:99"  # a hardware address that nobody has


class Lan:
    """A network namespace, joined to this machine (``server`` is its address there) by a cable. Made by :func:`lan`."""

    def __init__(self) -> None:
        self._name = f"petcam{os.getpid()}"
        self._here, self._there = f"pc{os.getpid()}a", f"pc{os.getpid()}b"
        block, quarter = divmod(os.getpid() % 2**14, 64)  # of its own, as there may be others at the same time
        self.server, self._browser = (f"10.213.{block}.{4 * quarter + place}" for place in (1, 2))

    def inside(self, command: str) -> str:
        """What runs ``command`` with its arguments in the namespace, as one word."""
        return f'#!/bin/sh\nexec ip netns exec {self._name} {command} "$@"\n'

    @contextmanager
    def silent(self) -> Iterator[None]:
        """All that is sent either way is lost without a word; neither end's interface changes."""
        ends = ((["-n", self._name], self.server, self._there), ([], self._browser, self._here))
        for where, address, device in ends:
            _ip(*where, "neigh", "replace", address, "lladdr", NOWHERE, "dev", device, "nud", "permanent")
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
        subprocess.run(["ip", "link", "del", self._here], capture_output=True)  # now: a namespace ends by and by
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True)


@contextmanager
def lan(command: str) -> Iterator[tuple[Lan, str]]:
    """The network, and a file that runs ``command`` in it. Raises ``OSError`` where this machine allows none."""
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
