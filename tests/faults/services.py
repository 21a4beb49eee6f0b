"""petcam-web and petcam-streamer as processes, with the state directory that a test wants, and commands of petcam."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time

import requests
import yaml

from petcam.system.streamer_binary import find_streamer
from tests.ports import free_port
from tests.real_services import START_TIMEOUT_SECONDS

PETCAM = [sys.executable, "-m", "petcam.cli"]
STOP_TIMEOUT_SECONDS = 30.0


class Service:
    """``name`` is web or streamer; ``sections`` goes into the configuration. What it logs is in ``log``."""

    def __init__(self, name, directory, state, sections):
        port, other = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log, self._file = directory / f"{name}-{port}.log", directory / f"{name}-{port}.yaml"
        segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
        defaults = {
            "web": {"host": "127.0.0.1", "port": port if name == "web" else other},
            "streamer": {"host": "127.0.0.1", "port": other if name == "web" else port},
            "webrtc": {"udp_port": other},
            "camera": {"stream": f"{segment}_s", "detections": f"{segment}_d"},
            "recording": {"directory": str(directory / "recordings")},
        }
        config = {each: {**defaults.get(each, {}), **sections.get(each, {})} for each in {**defaults, **sections}}
        self._file.write_text(yaml.safe_dump(config))
        self._words = [*PETCAM, "--config", str(self._file), "web"]
        if name == "streamer":
            self._words = [str(find_streamer()), "--config", str(self._file)]
        self._environment = {**os.environ, "STATE_DIRECTORY": str(state)}
        self._health = f"{self.url}/{'healthz' if name == 'web' else 'health'}"
        self._process = None

    def start(self):
        """Returns once it answers; fails where it ends instead."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._words, stdout=log, stderr=log, env=self._environment)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log.read_text()
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(self._health, timeout=5).ok:
                    return
            time.sleep(0.02)  # there is no event for the port of another process
        raise AssertionError(f"it does not answer: {self.log.read_text()}")

    def stop(self):
        """Ends it as systemd does; it must end well."""
        self._process.terminate()
        assert self._process.wait(STOP_TIMEOUT_SECONDS) == 0, self.log.read_text()
        self._process = None

    def wait_until_killed(self):
        assert self._process.wait(STOP_TIMEOUT_SECONDS) == -signal.SIGKILL, self.log.read_text()
        self._process = None

    def close(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def is_alive(self):
        return self._process.poll() is None and requests.get(self._health, timeout=20).ok

    def get(self, path):
        return requests.get(self.url + path, timeout=60, allow_redirects=False)

    def post(self, path, **words):
        return requests.post(self.url + path, timeout=60, allow_redirects=False, **words)


def run_petcam(state, *words, input=""):
    """A command of petcam to its end, with what it says in ``stdout`` and ``stderr``."""
    environment = {**os.environ, "STATE_DIRECTORY": str(state)}
    return subprocess.run([*PETCAM, *words], input=input, text=True, env=environment, capture_output=True)
