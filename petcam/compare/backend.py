"""One backend under comparison: a service with a configuration of its own, and the client that measures it."""

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

START_TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.1  # between questions whether it has started
HOST = "127.0.0.1"
CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuTime:
    """What a process has used since it started."""

    cpu: float  # seconds
    at: float  # when it was read, by time.monotonic()

    def percent_since(self, before: "CpuTime") -> float:
        return 100 * (self.cpu - before.cpu) / (self.at - before.at)


class Backend:
    """``ports`` are two free ones, for petcam-web and for the streamer. Use it from the main thread only."""

    def __init__(self, name: str, command: list[str], directory: Path, config: Config, ports: tuple[int, int]) -> None:
        self.name, self._directory = name, directory
        web, streamer = ports
        directory.mkdir()
        file = directory / "petcam.yaml"
        file.write_text(yaml.safe_dump(_settings(name, directory, config, web, streamer)), encoding="utf-8")
        self._port, self._health = (streamer, "/health") if name == "go" else (web, "/healthz")
        self._log: IO[bytes] = (directory / "log").open("wb")
        self._child = Child(name, [*command, "--config", str(file)], petcam_environment(directory), self._log)
        self._client: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it answers. Raises ``UNSUPPORTED``, with the last line of its log, where it does not start."""
        self._child.start()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while http_get(HOST, self._port, self._health, timeout=1.0) is None:
            if self._child.poll_exit() or time.monotonic() > deadline:
                raise PetcamError(Code.UNSUPPORTED, f"the {self.name} backend does not start: {self.last_log_line()}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        with ExitStack() as stack:
            stack.callback(self._log.close)
            stack.callback(lambda: self._child.wait_or_kill(time.monotonic() + 5))
            stack.callback(self._child.terminate)
            if self._client is not None:
                self._client.kill()
                self._client.communicate()

    def cpu_time(self) -> CpuTime:
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return CpuTime((int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_SECOND, time.monotonic())

    def memory_mib(self) -> float:
        """Resident memory without the mapped segment, which exists in any case."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{self._child.pid}/status").read_text().splitlines())
        return (int(fields["VmRSS"].split()[0]) - int(fields["RssShmem"].split()[0])) / 1024

    def start_client(self, seconds: float) -> None:
        """Start a measuring client; :meth:`client_report` waits for its end."""
        url = f"http://{HOST}:{self._port}/api/webrtc/offer"
        command = [sys.executable, "-m", "petcam.compare.measuring_client", url, str(seconds)]
        self._client = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=petcam_environment(self._directory)
        )

    def client_report(self) -> dict[str, Any]:
        """What the client measured; empty where it failed."""
        assert self._client is not None
        try:
            output, _ = self._client.communicate(timeout=START_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return {}
        found: dict[str, Any] = json.loads(output) if self._client.returncode == 0 else {}
        return found

    def last_log_line(self) -> str:
        lines = (self._directory / "log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "its log is empty"


def _settings(name: str, directory: Path, config: Config, web: int, streamer: int) -> dict[str, Any]:
    """The configuration: for this machine only, without login, with the running camera."""
    return {
        "web": {"host": HOST, "port": web},
        "streamer": {"host": HOST, "port": streamer},
        # No detections: their cost in petcam-web is the same with either backend.
        "camera": {
            "layout": config.camera.layout,
            "stream": config.camera.stream,
            "detections": "/petcam_compare_none",
        },
        "webrtc": {"udp_port": streamer, "backend": name},
        "recording": {"directory": str(directory)},
        "auth": {"mode": "none"},
    }
