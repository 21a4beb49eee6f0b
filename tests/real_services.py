"""The real services with passwords, as on a board; each writes its log to a file.

With ``PETCAM_SERVER=go`` petcam-streamer serves the page: ``web`` is then another name of it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from petcam.access import StateFile, unsealed
from petcam.config import load
from petcam.errors import PetcamError
from petcam.events.control_client import ControlClient
from petcam.system.boot_time import boottime_ms
from petcam.system.streamer_binary import find_streamer
from petcam.web.login.sessions import KIND, MAX_SESSION_MS
from tests.chosen_server import chosen_server
from tests.ports import free_port

OWNER, VIEWER = "the owner's own words", "words for the viewers"
RECORDING = "petcam_20260101-000000.mp4"
PETCAM = [sys.executable, "-m", "petcam.cli"]
START_TIMEOUT_SECONDS = 40.0  # enough for a busy machine


class RealServices:
    def __init__(
        self,
        directory: Path,
        stream: str = "",
        proxies: tuple[str, ...] = (),
        audio: str = "",
        more: str = "",
        server: str = "",
        detections: str = "",
    ):
        """``stream``, ``audio`` and ``detections`` are segments that the test writes; ``more`` is YAML of other
        sections; ``server`` is ``web.server``, by default as the tests are run."""
        self.server = server or chosen_server()
        self.port, self.streamer_port = free_port(), free_port()
        self.url, self.streamer_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.streamer_port}"
        self.state, self.recordings = directory / "state", directory / "recordings"
        self.logs = {name: directory / f"{name}.log" for name in ("web", "streamer", "feed", "events")}
        self._file = directory / "petcam.yaml"
        self.environment = {}  # of the services, besides the tests' own
        self._running = {}
        self.recordings.mkdir(parents=True)
        (self.recordings / RECORDING).write_bytes(b"not a film")
        segment = f"/petcam_test_{os.getpid()}_{self.port}"
        self.detections = detections or f"{segment}_d"
        microphone = f", microphone: default, audio: {audio}" if audio else ""
        self._file.write_text(
            f"web: {{server: {self.server}, host: 0.0.0.0, port: {self.port}, "
            f"trusted_proxies: [{', '.join(proxies)}]}}\n"
            f"streamer: {{host: 0.0.0.0, port: {self.streamer_port}}}\nwebrtc: {{udp_port: {self.streamer_port}}}\n"
            f"camera: {{stream: {stream or segment + '_s'}, detections: {self.detections}{microphone}}}\n"
            f"recording: {{directory: {self.recordings}}}\n{more}"
        )
        self.set_password(OWNER)
        self.set_password(VIEWER, "--viewer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, *names):
        """Start ``web``, ``streamer``, ``feed`` or ``events`` and wait until each is ready. The feed plays the demo,
        whose cat is about all the time; it needs the streamer."""
        streamer = find_streamer()
        commands = {
            "web": [*PETCAM, "--config", str(self._file), "web"],
            "streamer": [str(streamer), "--config", str(self._file)],
            "feed": [*PETCAM, "--config", str(self._file), "feed", "demo", "--restless"],
            "events": [*PETCAM, "--config", str(self._file), "events"],
        }
        for name in names:
            self._run_process(self._process_of(name), commands)
            self._wait(name)

    def switch(self, server):
        """Who serves the page from the next start on."""
        text = self._file.read_text()
        self._file.write_text(text.replace(f"web: {{server: {self.server}", f"web: {{server: {server}", 1))
        self.server = server

    def hand_over(self, server):
        """Have the other one serve the page while the streamer runs on, as an owner does: web.server edited, and
        petcam-web restarted, which reloads the streamer."""
        if server == "go":
            self.stop("web")
        self.switch(server)
        self._running["streamer"].send_signal(signal.SIGHUP)
        if server == "python":
            self._wait_until_free(self.port)
            self.start("web")
        self._wait("web")

    def stop(self, name):
        process = self._running.pop(self._process_of(name))
        process.terminate()
        process.wait(20)

    def kill(self, name):
        """As a power cut would, but for the disk."""
        process = self._running.pop(self._process_of(name))
        process.kill()
        process.wait(20)

    def close(self):
        for name in list(self._running):
            self.stop(name)

    def recorded(self) -> list[str]:
        """What is in the folder of recordings, but for what the streamer notes there for itself."""
        return [name for name in os.listdir(self.recordings) if not name.startswith(".petcam-")]

    def log_in(self, password):
        """Returns the cookie as a browser sends it."""
        answer = requests.post(f"{self.url}/login", data={"password": password}, allow_redirects=False, timeout=20)
        assert answer.status_code == 303
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in answer.cookies)

    def let_sessions_expire(self, seconds=0.0):
        """Make all sessions expire in ``seconds``, by editing the state file while its server is stopped."""
        self.stop("web")
        file = StateFile(self.state, KIND)
        document = unsealed(file.path.read_bytes())
        lived = MAX_SESSION_MS // 1000 - int(seconds)
        sessions = [{**session, "lived_s": lived} for session in document["sessions"]]
        file.write_document({**document, "at_ms": boottime_ms(), "sessions": sessions})
        self.start("web")

    def api_of(self, password):
        """Makes requests as whoever has the password would on the page; gives the JSON of each answer."""
        session = requests.Session()
        session.headers.update({"Cookie": self.log_in(password), "Origin": self.url})

        def ask(method, path, body=None):
            answer = session.request(method, f"{self.url}/api{path}", json=body, timeout=20)
            assert answer.ok, answer.text
            return answer.json() if answer.content else None

        return ask

    def token(self, *words):
        """What ``petcam token WORDS`` prints, or petcam-streamer's command of that name."""
        return self._run("token", *words).strip()

    def set_password(self, password, *words):
        """Runs ``petcam password``, or petcam-streamer's command of that name."""
        self._run("password", *words, input=password)

    def config(self):
        return load(self._file)[0]

    def all_logs(self):
        return "".join(log.read_text() for log in self.logs.values() if log.exists())

    def _process_of(self, name):
        return "streamer" if name == "web" and self.server == "go" else name

    def _run_process(self, process, commands):
        """Where it does not run yet, as the one process that has two names may."""
        if process not in self._running:
            with self.logs[process].open("ab") as log:
                command = commands[process]
                self._running[process] = subprocess.Popen(command, stderr=log, stdout=log, env=self._environment())

    def _environment(self):
        return {**os.environ, "STATE_DIRECTORY": str(self.state), **self.environment}

    def _run(self, *words, input=""):
        program = [str(find_streamer())] if self.server == "go" else PETCAM
        command = [*program, "--config", str(self._file), *words]
        ran = subprocess.run(
            command, input=input + "\n", text=True, check=True, env=self._environment(), capture_output=True
        )
        return ran.stdout

    def _wait(self, name):
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        process = self._process_of(name)
        while time.monotonic() < deadline:
            assert self._running[process].poll() is None, self.logs[process].read_text()
            with contextlib.suppress(requests.ConnectionError, PetcamError):
                if self._is_ready(name):
                    return
            time.sleep(0.05)  # there is no event for the port of another process
        raise AssertionError(f"{name} does not answer: {self.logs[process].read_text()}")

    def _wait_until_free(self, port):
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        with contextlib.suppress(ConnectionRefusedError):
            while time.monotonic() < deadline:
                socket.create_connection(("127.0.0.1", port)).close()
                time.sleep(0.02)  # there is no event for the port of another process
            raise AssertionError(f"port {port} is still served: {self.all_logs()}")

    def _is_ready(self, name):
        if name == "web":
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        if name == "events":
            return ControlClient(self.state / "control").state().status != ""
        health = requests.get(f"{self.streamer_url}/health", timeout=5)
        return health.ok and (name == "streamer" or health.json()["camera"]["state"] == "live")
