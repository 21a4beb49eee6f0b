"""A board for the subject ``siege``: petcam's services as their units run them, at ``board`` in the network.

Each has the memory of its unit, a watchdog that aborts it when it is not fed, a new start when it has ended, and a log
of its own. State, recordings and temporary files share one small disk.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.camera import PETCAM, ROOT, allocator_settings
from bench.memory_group import MemoryGroup, memory_group
from bench.siege_lan import SiegeLan

WEB, STREAMER, TLS = 8080, 8081, 8443
STREAM, DETECTIONS = "/petcam_siege_stream", "/petcam_siege_detections"
WATCHDOG_SECONDS = 20.0  # of the units
RESTART_SECONDS = 0.5
DISK_BYTES, KEPT_FREE_BYTES = 800 << 20, 300 << 20
UNITS = ("streamer", "web")  # what is under siege


class Service:
    """One of petcam's services, started again whenever it ends. A thread of its own watches it until ``close``."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], memory: MemoryGroup, folder: Path):
        self.name, self.memory = name, memory
        self.restarts, self.aborts = 0, 0  # new starts, and those of them that the watchdog caused
        self.log = folder / f"{name}.log"
        self._command, self._environment = command, {**environment, "NOTIFY_SOCKET": str(folder / f"{name}.notify")}
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(self._environment["NOTIFY_SOCKET"])
        self._notify.settimeout(RESTART_SECONDS)
        self._closing = threading.Event()
        self._lock = threading.Lock()  # guards _longest
        self._longest = 0.0
        self._fed = time.monotonic()
        self.process = self._start()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def longest_unfed(self) -> float:
        """The longest time in seconds between two notifications since the last call, with the one that lasts."""
        with self._lock:
            longest, self._longest = max(self._longest, time.monotonic() - self._fed), 0.0
        return longest

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self.process.terminate()
        try:
            self.process.wait(10)
        except psutil.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self._notify.close()

    def _start(self) -> psutil.Popen:
        enter = ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self.memory.entrance)]
        self._fed = time.monotonic()
        with open(self.log, "a") as log:
            return psutil.Popen(
                [*enter, *self._command], cwd=ROOT, stdout=log, stderr=log, env=self._environment, text=True
            )

    def _watch(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                if "WATCHDOG=1" in self._notify.recv(4096).decode():
                    self._feed()
            if time.monotonic() - self._fed > WATCHDOG_SECONDS:
                self.aborts += 1
                self.process.send_signal(signal.SIGABRT)
                self.process.wait()
            if self.process.poll() is not None:
                print(f"{self.name} has ended: {self.process.returncode}", file=sys.stderr, flush=True)
                self.restarts += 1
                time.sleep(RESTART_SECONDS)
                self._feed()
                self.process = self._start()

    def _feed(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._longest, self._fed = max(self._longest, now - self._fed), now


class Board:
    """See :func:`board`."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.folder, self.disk = folder, disk
        self.recordings, self.state = disk / "recordings", disk / "state"
        self.services: dict[str, Service] = {}
        for directory in (self.recordings, self.state, disk / "tmp"):
            directory.mkdir()
        (self.state / "token.key").write_bytes(secrets.token_bytes(32))
        self._config = folder / "petcam.yaml"
        self._config.write_text(yaml.safe_dump(self._settings()))

    def disk_used(self) -> int:
        """Bytes, with those of files that are open but have no name any more."""
        free = os.statvfs(self.disk)
        return (free.f_blocks - free.f_bfree) * free.f_frsize

    def set_password(self, password: str, *words: str) -> None:
        command = [*PETCAM, "password", *words, "--config", str(self._config)]
        subprocess.run(command, input=f"{password}\n", text=True, env=self._environment(), check=True)

    def launch(self, lan: SiegeLan, film: Path, stack: ExitStack) -> None:
        """Start the services; they end with the stack."""
        binary = [str(ROOT / "build/petcam-streamer")]
        for name, words in (("feed", [*PETCAM, "feed", str(film)]), ("streamer", binary), ("web", [*PETCAM, "web"])):
            memory = stack.enter_context(memory_group(f"petcam-siege-{os.getpid()}-{name}", limit_of(name)))
            command = [*lan.inside("board"), *words, "--config", str(self._config)]
            service = Service(name, command, self._environment(), memory, self.folder)
            stack.callback(service.close)
            self.services[name] = service

    def _environment(self) -> dict[str, str]:
        watchdog = {"WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6))}
        paths = {"STATE_DIRECTORY": str(self.state), "TMPDIR": str(self.disk / "tmp")}
        return {**os.environ, **allocator_settings(), **watchdog, **paths}

    def _settings(self) -> dict[str, Any]:
        return {
            "web": {"host": "::", "port": WEB, "tls": "auto", "tls_port": TLS},
            "streamer": {"host": "::", "port": STREAMER},
            "camera": {"stream": STREAM, "detections": DETECTIONS},
            "webrtc": {"udp_port": STREAMER},
            "recording": {"directory": str(self.recordings), "min_free_bytes": KEPT_FREE_BYTES},
        }


@contextmanager
def board(folder: Path) -> Iterator[Board]:
    """With a new disk; nothing runs yet. ``folder`` takes logs, configuration and the disk's image."""
    image, disk = folder / "disk.img", folder / "disk"
    disk.mkdir()
    with open(image, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
    try:
        yield Board(folder, disk)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def limit_of(name: str) -> int:
    """``MemoryMax=`` of the service's unit, in bytes."""
    unit = (ROOT / f"systemd/petcam-{name}.service").read_text()
    found = re.search(r"^MemoryMax=(\d+)M$", unit, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"petcam-{name}.service has no MemoryMax= in MiB")
    return int(found[1]) << 20
