"""WebKitGTK by its WebKitWebDriver: the engine of Safari and of all browsers on an iPhone, without their WebRTC."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from tests.engines.web_driver import TIMEOUT_SECONDS, WebDriverError
from tests.ports import free_port

COMMANDS = {  # the standard's name: path, below the session's
    "Navigate": "url",
    "Back": "back",
    "ExecuteScript": "execute/sync",
    "FindElement": "element",
    "ElementClick": "element/{id}/click",
    "ElementSendKeys": "element/{id}/value",
}


class WebKit:
    """MiniBrowser on a screen of its own; the transport of a WebDriver."""

    def __init__(self, driver: str, directory: Path) -> None:
        self._log = (directory / "webkit.log").open("wb")
        self._screen, display = self._make_screen()
        port = free_port()
        self._address = f"http://127.0.0.1:{port}"
        self._session = ""
        home = {"HOME": str(directory), "XDG_RUNTIME_DIR": str(directory), "LANGUAGE": "en_GB", "LANG": "C.UTF-8"}
        environment = {**os.environ, **home, "DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        command = [driver, f"--port={port}", "--host=127.0.0.1"]
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, env=environment, start_new_session=True
        )
        try:
            self._wait_for_driver()
            made = self._post(f"{self._address}/session", {"capabilities": {"alwaysMatch": {}}})
            self._session = f"{self._address}/session/{made['sessionId']}"
        except BaseException:
            self._end()
            raise

    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        if command == "TakeScreenshot":
            return self._value(requests.get(f"{self._session}/screenshot", timeout=TIMEOUT_SECONDS))
        path = COMMANDS[command].format(**parameters)
        return self._post(f"{self._session}/{path}", parameters)

    def close(self) -> None:
        try:
            requests.delete(self._session, timeout=TIMEOUT_SECONDS)
        finally:
            self._end()

    def _make_screen(self) -> tuple[subprocess.Popen[bytes], str]:
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        screen = subprocess.Popen(command, stdout=self._log, stderr=self._log, pass_fds=[writing])
        os.close(writing)
        with open(reading) as number:
            return screen, f":{number.readline().strip()}"

    def _wait_for_driver(self) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            assert self._process.poll() is None, f"WebKitWebDriver ended: {self._process.returncode}"
            try:
                return requests.get(f"{self._address}/status", timeout=TIMEOUT_SECONDS).raise_for_status()
            except requests.ConnectionError:
                assert time.monotonic() < deadline, "WebKitWebDriver does not listen"
                time.sleep(0.1)  # there is no event for the port of another process

    def _post(self, url: str, body: dict[str, Any]) -> Any:
        return self._value(requests.post(url, json=body, timeout=TIMEOUT_SECONDS))

    def _value(self, answer: requests.Response) -> Any:
        value = answer.json()["value"]
        if not answer.ok:
            raise WebDriverError(f"{value['error']}: {value['message']}")
        return value

    def _end(self) -> None:
        for process in (self._process, self._screen):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()
