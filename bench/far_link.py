"""A network of its own for a browser that is far away: two TUN devices, and a process that moves the packets between
them, each half a round trip late. None is lost and none overtakes another. Needs root, iproute2 and /dev/net/tun.

As a program (``python -m bench.far_link NETNS HERE THERE LOG``) it is that process: it makes the devices, and takes
commands by its standard input, one a line: ``delay MILLISECONDS`` (one way), and ``flush`` and ``forget`` for the log.
"""

import fcntl
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from bench.camera import ROOT
from bench.packets import describe

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LARGEST_PACKET = 65536


class FarLink:
    """This machine is ``server`` in the browser's network."""

    def __init__(self, name: str, server: str, mover: "subprocess.Popen[str]", log: Path) -> None:
        self.server = server
        self._name, self._mover, self._log = name, mover, log

    def inside(self, command: str) -> str:
        """A shell script that runs ``command`` with its arguments in the browser's network."""
        return f'#!/bin/sh\nexec ip netns exec {self._name} {command} "$@"\n'

    def set_round_trip(self, milliseconds: float) -> None:
        self._tell(f"delay {milliseconds / 2}")

    def packets(self) -> list[dict[str, object]]:
        """Those since the last call, as the browser's end of the link saw them: ``at`` (time.time(), s), ``sent`` (by
        the browser, or to it), ``kind``, ``bytes`` and ``flow`` (both ports)."""
        self._tell("flush")
        self._answer()
        lines = self._log.read_text().splitlines()
        self._tell("forget")
        self._answer()
        return [json.loads(line) for line in lines]

    def _tell(self, command: str) -> None:
        assert self._mover.stdin is not None
        self._mover.stdin.write(command + "\n")
        self._mover.stdin.flush()

    def _answer(self) -> None:
        assert self._mover.stdout is not None
        if not self._mover.stdout.readline():
            raise RuntimeError("the program that moves packets has ended")


@contextmanager
def far_link(command: str) -> Iterator[tuple[FarLink, str]]:
    """The network, and an executable that runs ``command`` in it. Raises ``OSError`` where it cannot be made."""
    name, here, there = (f"{begin}{os.getpid()}" for begin in ("petcamfar", "pfh", "pft"))
    block, quarter = divmod(os.getpid() % 2**14, 64)  # so that two runs at the same time use different addresses
    server, browser = (f"10.214.{block}.{4 * quarter + place}" for place in (1, 2))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "packets"
        _ip("netns", "add", name)
        mover = None
        try:
            words = [sys.executable, "-m", "bench.far_link", name, here, there, str(log)]
            mover = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            link = FarLink(name, server, mover, log)
            link._answer()
            _ip("addr", "add", f"{server}/30", "dev", here)
            _ip("link", "set", here, "up")
            for words in (["addr", "add", f"{browser}/30", "dev", there], ["link", "set", there, "up"]):
                _ip("-n", name, *words)
            _ip("-n", name, "link", "set", "lo", "up")
            file = Path(folder) / "inside"
            file.write_text(link.inside(command))
            file.chmod(0o755)
            yield link, str(file)
        finally:
            if mover is not None:
                mover.communicate()  # the end of its input is its own
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


class Mover:
    """Moves packets between two TUN devices. ``near`` is that of the browser, whose packets are logged."""

    def __init__(self, near: int, far: int, log: TextIO) -> None:
        self._near, self._far, self._log = near, far, log
        self._delay = 0.0
        self._waiting: dict[int, deque[tuple[float, bytes]]] = {near: deque(), far: deque()}  # by where they go

    def run(self) -> None:
        commands = sys.stdin.fileno()
        rest = b""
        while True:
            ready, _, _ = select.select([self._near, self._far, commands], [], [], self._patience())
            self._deliver()
            for device in (self._near, self._far):
                if device in ready:
                    self._take(device)
            if commands in ready:
                said = os.read(commands, 4096)
                if not said:
                    return
                *lines, rest = (rest + said).split(b"\n")
                for line in lines:
                    self._obey(line.decode())

    def _patience(self) -> float | None:
        dues = [waiting[0][0] for waiting in self._waiting.values() if waiting]
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    def _take(self, device: int) -> None:
        packet = os.read(device, LARGEST_PACKET)
        if device == self._near:
            self._note(packet, sent=True)
        self._waiting[self._far if device == self._near else self._near].append(
            (time.monotonic() + self._delay, packet)
        )
        self._deliver()

    def _deliver(self) -> None:
        now = time.monotonic()
        for device, waiting in self._waiting.items():
            while waiting and waiting[0][0] <= now:
                packet = waiting.popleft()[1]
                if device == self._near:
                    self._note(packet, sent=False)
                with suppress(OSError):  # a device that is not up yet
                    os.write(device, packet)

    def _note(self, packet: bytes, sent: bool) -> None:
        described = describe(packet)
        if described is not None:
            self._log.write(json.dumps({"at": time.time(), "sent": sent, **described}) + "\n")

    def _obey(self, command: str) -> None:
        word, _, value = command.partition(" ")
        if word == "delay":
            self._delay = float(value) / 1000
            return
        if word == "forget":
            self._log.seek(0)
            self._log.truncate()
        self._log.flush()
        print("done", flush=True)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main() -> None:
    name, here, there, log = sys.argv[1:]
    far, near = _tun(here), _tun(there)
    _ip("link", "set", there, "netns", name)
    print("made", flush=True)
    with open(log, "w", buffering=1 << 16) as file:
        Mover(near, far, file).run()


if __name__ == "__main__":
    main()
