"""Firefox by Marionette, its own way of taking WebDriver's commands: Debian has no geckodriver."""

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.engines.web_driver import TIMEOUT_SECONDS, WebDriverError
from tests.ports import free_port

PREFERENCES = {
    "media.autoplay.default": 0,
    "media.navigator.mediadatadecoder_h264_enabled": True,  # WebRTC's H.264 by FFmpeg, as Debian has no OpenH264 for it
    "media.webrtc.hw.h264.enabled": True,
    "gfx.blacklist.webrtc.hw.acceleration.h264": 1,  # "good", whatever it thinks of this machine's graphics card
    "intl.accept_languages": "en-GB",
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.safebrowsing.malware.enabled": False,
    "services.settings.server": "data:,",
}


class Firefox:
    """A headless Firefox with a profile of its own in ``directory``; the transport of a WebDriver."""

    def __init__(self, program: str, directory: Path) -> None:
        port = free_port()
        profile = directory / "profile"
        profile.mkdir()
        settings = {**PREFERENCES, "marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()]
        (profile / "user.js").write_text("".join(lines))
        command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile), "about:blank"]
        self._log = (directory / "firefox.log").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        self._number = 0
        try:
            self._socket = self._connect(port)
            self._received = self._socket.makefile("rb")
            self._read()  # it says who it is
            self.ask("NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        except BaseException:
            self._end()
            raise

    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{command}", parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._number
        if error:
            raise WebDriverError(f"{error['error']}: {error['message']}")
        return result.get("value") if isinstance(result, dict) and "value" in result else result

    def close(self) -> None:
        self._received.close()
        self._socket.close()
        self._end()

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            assert self._process.poll() is None, f"Firefox ended: {self._process.returncode}"
            try:
                return socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "Firefox does not listen"
                time.sleep(0.1)  # there is no event for the port of another process

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            byte = self._received.read(1)
            if not byte:
                raise WebDriverError("Firefox has gone")
            length += byte
        return json.loads(self._received.read(int(length[:-1])))

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
