"""A real Home Assistant of one test, over HTTP: set up by its own first steps, joined to a broker by its own form.

``PETCAM_HASS`` is its command (``hass``), which needs a newer Python than petcam; without it such tests are skipped.
"""

import contextlib
import json
import os
import shlex
import subprocess
import time

import pytest
import requests

from tests.ports import free_port

COMMAND = os.environ.get("PETCAM_HASS", "")
FOLDER = os.environ.get("PETCAM_HASS_FOLDER")  # in which it is given its own, where it runs in another root
SECONDS = 120.0  # its first start imports much
needs_hass = pytest.mark.skipif(not COMMAND, reason="needs Home Assistant: PETCAM_HASS=COMMAND, see CONTRIBUTING.md")


class Hass:
    def __init__(self, directory, broker_port):
        """``directory`` has to be one that the command can reach."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "configuration.yaml").write_text(
            f"http: {{server_port: {self.port}, server_host: 127.0.0.1}}\nonboarding:\napi:\nconfig:\n"
        )
        self._api = requests.Session()
        self._process = None
        self.start()
        self._onboard()
        self._add_broker(broker_port)

    def start(self):
        words = [*shlex.split(COMMAND), "-c", str(self._directory), "--skip-pip", "--log-no-color"]
        with (self._directory / "output").open("ab") as output:
            self._process = subprocess.Popen(words, stdout=output, stderr=output)
        self.wait_for(lambda: self._api.get(f"{self.url}/api/onboarding", timeout=5).ok)

    def stop(self):
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(SECONDS)
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None

    def states(self):
        """By entity id."""
        return {each["entity_id"]: each for each in self._ask("GET", "/api/states")}

    def state(self, entity):
        return self.states().get(entity, {}).get("state")

    def switch(self, entity, on):
        self._ask("POST", f"/api/services/switch/turn_{'on' if on else 'off'}", {"entity_id": entity})

    def picture(self, entity):
        path = self.states()[entity]["attributes"]["entity_picture"]
        return self._api.get(f"{self.url}{path}", timeout=20).content

    def log(self):
        return (self._directory / "output").read_text()

    def wait_for(self, condition):
        """There is no event for what another process knows."""
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if found := condition():
                    return found
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.2)

    def _onboard(self):
        who = {"name": "a", "username": "a", "password": "a word of eight", "language": "en", "client_id": self.url}
        code = self._ask("POST", "/api/onboarding/users", who)["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": self.url}
        token = self._api.post(f"{self.url}/auth/token", data=grant, timeout=20).json()["access_token"]
        self._api.headers["Authorization"] = f"Bearer {token}"

    def _add_broker(self, port):
        flow = self._ask("POST", "/api/config/config_entries/flow", {"handler": "mqtt", "show_advanced_options": False})
        answer = {"broker": "127.0.0.1", "port": port}
        if "protocol" in json.dumps(flow.get("data_schema")):
            answer["protocol"] = "3.1.1"
        done = self._ask("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", answer)
        assert done["type"] == "create_entry", done

    def _ask(self, method, path, body=None):
        answer = self._api.request(method, f"{self.url}{path}", json=body, timeout=30)
        assert answer.ok, (path, answer.status_code, answer.text, self.log()[-3000:])
        return answer.json()
