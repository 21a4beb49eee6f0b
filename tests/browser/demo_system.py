"""The whole system, as ``petcam demo`` starts it; with ``PETCAM_SERVER=go`` the streamer serves the page."""

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.chosen_server import chosen_server
from tests.ports import free_port

START_TIMEOUT = 40.0  # seconds: a busy machine


class DemoSystem:
    """``petcam demo`` on free ports, with a cat that is about all the time; a context manager that ends all of it."""

    def __init__(self, directory: Path, *options: str, host: str = "127.0.0.1", source: str = "demo") -> None:
        self.server = chosen_server()
        self._options = ["--server", self.server, "--host", host, "--source", source, "--record", "manual"]
        self._options += ["--restless", *options]
        self.port, self.streamer_port = free_port(), free_port()
        self.directory = directory
        self.url = f"http://127.0.0.1:{self.port}/"
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> "DemoSystem":
        command = [sys.executable, "-m", "petcam.cli", "demo", "--dir", str(self.directory)]
        command += self._options
        command += ["--port", str(self.port), "--streamer-port", str(self.streamer_port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read, name="demo-output")
        self._reader.start()
        try:
            self._wait_for_url()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @contextlib.contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Kill services of the demo (``web``: who serves the page); while they are away, nobody starts them again."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            for victim in {self._child(name) for name in names}:
                victim.kill()
                wait_until_dead(victim)
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def stream(self) -> str:
        return f"/petcam_demo_{self.port}_stream"

    def remove_stream(self) -> None:
        """As if no daemon had ever written a picture."""
        os.unlink(f"/dev/shm{self.stream}")

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """A service that hangs: alive, its sockets open, and silent."""
        child = self._child(name)
        child.suspend()
        try:
            yield
        finally:
            child.resume()

    def _child(self, name: str) -> psutil.Process:
        if name == "web" and self.server == "go":
            name = "petcam-streamer"
        for child in psutil.Process(self._process.pid).children():
            words = [] if child.status() == psutil.STATUS_ZOMBIE else child.cmdline()
            if name in words or any(Path(word).name == name for word in words):
                return child
        raise LookupError(f"the demo runs no {name}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _wait_for_url(self) -> None:
        said = ""
        while f":{self.port}" not in said:
            line = self._lines.get(timeout=START_TIMEOUT)
            if not line:
                raise RuntimeError(f"petcam demo ended: {said}")
            said += line


def wait_until_dead(process: psutil.Process) -> None:
    """Its parent is stopped and cannot reap it, so a zombie is as dead as it gets."""
    descriptor = os.pidfd_open(process.pid)
    try:
        select.select([descriptor], [], [])
    finally:
        os.close(descriptor)
