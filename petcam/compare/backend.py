"""One backend that runs for the comparison: a service with a configuration of its own, and its viewer."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml

from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.system.child import Child, petcam_environment
from petcam.system.network import http_get

START_TIMEOUT = 20.0  # seconds
LOOK_AGAIN = 0.1
HOST = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of a process so far."""

    cpu: float  # seconds
    at: float  # time.monotonic()

    def percent_since(self, before: "Cost") -> float:
        return 100 * (self.cpu - before.cpu) / (self.at - before.at)


class Backend:
    """``ports`` are two free ones: of petcam-web and of the streamer. Used from the main thread only."""

    def __init__(self, name: str, command: list[str], directory: Path, config: Config, ports: tuple[int, int]) -> None:
        self.name, self._directory = name, directory
        web, streamer = ports
        directory.mkdir()
        file = directory / "petcam.yaml"
        file.write_text(yaml.safe_dump(_settings(name, directory, config, web, streamer)), encoding="utf-8")
        self._port, self._health = (streamer, "/health") if name == "go" else (web, "/healthz")
        self._log: IO[bytes] = (directory / "log").open("wb")
        self._child = Child(name, [*command, "--config", str(file)], petcam_environment(directory), self._log)
        self._viewer: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Raises ``UNSUPPORTED`` with the last words of its log where it does not come up."""
        self._child.start()
        deadline = time.monotonic() + START_TIMEOUT
        while http_get(HOST, self._port, self._health, timeout=1.0) is None:
            if self._child.poll_exit() or time.monotonic() > deadline:
                raise PetcamError(Code.UNSUPPORTED, f"the {self.name} backend does not start: {self.last_words()}")
            time.sleep(LOOK_AGAIN)

    def stop(self) -> None:
        with ExitStack() as stack:
            stack.callback(self._log.close)
            stack.callback(lambda: self._child.wait_or_kill(time.monotonic() + 5))
            stack.callback(self._child.terminate)
            if self._viewer is not None:
                self._viewer.kill()
                self._viewer.communicate()

    def cost(self) -> Cost:
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return Cost((int(fields[11]) + int(fields[12])) / TICK, time.monotonic())

    def memory(self) -> float:
        """MiB resident, without the segment, which is there anyway."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{self._child.pid}/status").read_text().splitlines())
        return (int(fields["VmRSS"].split()[0]) - int(fields["RssShmem"].split()[0])) / 1024

    def watch(self, seconds: float) -> None:
        """Let a viewer in; :meth:`seen` waits for it."""
        url = f"http://{HOST}:{self._port}/api/webrtc/offer"
        command = [sys.executable, "-m", "petcam.compare.measuring_client", url, str(seconds)]
        self._viewer = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=petcam_environment(self._directory)
        )

    def seen(self) -> dict[str, Any]:
        """What the viewer saw; nothing where it failed."""
        assert self._viewer is not None
        try:
            output, _ = self._viewer.communicate(timeout=START_TIMEOUT)
        except subprocess.TimeoutExpired:
            return {}
        found: dict[str, Any] = json.loads(output) if self._viewer.returncode == 0 else {}
        return found

    def last_words(self) -> str:
        lines = (self._directory / "log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "its log is empty"


def _settings(name: str, directory: Path, config: Config, web: int, streamer: int) -> dict[str, Any]:
    """For this machine only, without login; the camera is the one that runs."""
    return {
        "web": {"host": HOST, "port": web},
        "streamer": {"host": HOST, "port": streamer},
        # No detections: what they cost is petcam-web's with either backend.
        "camera": {
            "layout": config.camera.layout,
            "stream": config.camera.stream,
            "detections": "/petcam_compare_none",
        },
        "webrtc": {"udp_port": streamer, "backend": name},
        "recording": {"directory": str(directory)},
        "auth": {"mode": "none"},
    }
