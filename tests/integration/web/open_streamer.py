"""petcam-streamer that serves the page alone, and asks for no login."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

import psutil
import requests
import yaml

from petcam.config import Config
from petcam.system.streamer_binary import find_streamer
from tests.ports import free_port

START_TIMEOUT_SECONDS = 40.0  # enough for a busy machine


class OpenStreamer:
    """A process with the camera and the recordings of ``config``; ``port`` is the page's."""

    def __init__(self, config: Config, directory: Path):
        self.port, own = free_port(), free_port()
        file, self._log = directory / "petcam.yaml", directory / "streamer.log"
        settings = {
            "web": {"server": "go", "host": "127.0.0.1", "port": self.port},
            "streamer": {"host": "127.0.0.1", "port": own},
            "webrtc": {"udp_port": own},
            "camera": {"stream": config.camera.stream, "detections": config.camera.detections},
            "recording": {"directory": config.recording.directory},
            "auth": {"mode": "none"},
        }
        file.write_text(yaml.safe_dump(settings))
        environment = {**os.environ, "STATE_DIRECTORY": str(directory / "state")}
        with self._log.open("wb") as log:
            command = [str(find_streamer()), "--config", str(file)]
            self._process = subprocess.Popen(command, stderr=log, env=environment)

    def __enter__(self):
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._is_up():
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)  # there is no event for the port of another process
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(20)

    def connections(self):
        """How many are open to the page."""
        found = psutil.Process(self._process.pid).net_connections("tcp")
        return sum(each.laddr.port == self.port and each.status == psutil.CONN_ESTABLISHED for each in found)

    def _is_up(self):
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
        return False
