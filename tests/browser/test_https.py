"""The page over HTTPS with a certificate of the board's own: the whole system, behind a login, in Chromium."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml
from playwright.sync_api import Page, expect

from petcam.system.streamer_binary import find_streamer
from tests.chosen_server import chosen_server, is_go
from tests.ports import free_port

PASSWORD = "three words here"


@dataclass
class Secure:
    """Feed, streamer and petcam-web, or the former alone, with ``web.tls: auto``."""

    url: str
    command: list[str]  # petcam, with its configuration
    environment: dict[str, str]
    fingerprint: str  # as the streamer logged it


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    port, streamer_port, tls_port = free_port(), free_port(), free_port()
    settings = {
        "web": {"server": chosen_server(), "host": "127.0.0.1", "port": port, "tls": "auto", "tls_port": tls_port},
        "streamer": {"host": "127.0.0.1", "port": streamer_port},
        "camera": {"stream": f"/petcam_test_{port}_s", "detections": f"/petcam_test_{port}_d", "source": "demo"},
        "webrtc": {"udp_port": streamer_port, "extra_hosts": ["127.0.0.1"]},
        "recording": {"directory": str(tmp_path)},
    }
    file = tmp_path / "petcam.yaml"
    file.write_text(yaml.safe_dump(settings))
    environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path)}
    command = [sys.executable, "-m", "petcam.cli", "--config", str(file)]
    subprocess.run([*command, "password"], input=PASSWORD + "\n", text=True, check=True, env=environment)
    with contextlib.ExitStack() as stack:
        stack.enter_context(service([*command, "feed"], environment))
        if not is_go():
            stack.enter_context(service([*command, "web"], environment, "serving on"))
        said = stack.enter_context(service([str(find_streamer()), "--config", str(file)], environment, "is ready"))
        found = re.search(r"sha256=([0-9A-F:]{95})", said)
        assert found, said
        yield Secure(f"https://127.0.0.1:{tls_port}/", command, environment, found[1])


@contextlib.contextmanager
def service(command: list[str], environment: dict[str, str], ready: str = "") -> Iterator[str]:
    """A service until the end; gives what it has said until it was ready."""
    said = ""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            while ready and ready not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield said
        finally:
            process.terminate()
            process.communicate()


def test_the_whole_page_works_over_https(secure: Secure, new_page: Callable[..., Page]) -> None:
    page = new_page(base_url=secure.url, ignore_https_errors=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#camera[data-video=live]")
    expect(page.locator("#server-status")).to_have_text("サーバー：接続中")
    picture = "(video) => new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(true)))"
    assert page.locator("#webrtc-video").evaluate(picture)
    width = page.evaluate(
        """() => new Promise((resolve) => {
             const source = new EventSource("/api/detections/stream");
             source.onmessage = (event) => { source.close(); resolve(JSON.parse(event.data).width); };
           })"""
    )
    assert width > 0
    page.locator("#start-recording").click()
    expect(page.locator("#recording-status")).to_contain_text("録画中")
    page.locator("#stop-recording").click()
    expect(page.locator("#recording-status")).to_contain_text("停止中")
    assert all(url.startswith((secure.url, "data:", "blob:")) for url in asked), asked
    assert page.evaluate("isSecureContext")


def test_pictures_and_downloads_come_over_https(secure: Secure) -> None:
    pytest.importorskip("av")
    with requests.Session() as browser:
        browser.trust_env = False  # it may name other certificates
        browser.verify = os.path.join(secure.environment["STATE_DIRECTORY"], "tls.pem")
        assert browser.post(f"{secure.url}login", {"password": PASSWORD}, timeout=20).ok
        with browser.get(f"{secure.url}stream.mjpg?width=320", stream=True, timeout=20) as pictures:
            if is_go():
                assert pictures.status_code == 501
            else:
                assert pictures.raw.read(20_000).count(b"Content-Type: image/jpeg") > 1
        while not browser.post(f"{secure.url}api/recording/start", timeout=20).ok:
            pass  # the camera is just coming up
        stopped = browser.post(f"{secure.url}api/recording/stop", timeout=20).json()
        film = f"{secure.url}api/recordings/{stopped['filename']}"
        whole = browser.get(film, timeout=20)
        assert len(whole.content) == stopped["bytes_written"] == int(whole.headers["Content-Length"])
        part = browser.get(film, headers={"Range": "bytes=4-7"}, timeout=20)
        assert (part.status_code, part.content) == (206, b"ftyp")


def test_doctor_shows_the_fingerprint_that_the_browser_shows(secure: Secure) -> None:
    doctor = subprocess.run([*secure.command, "doctor"], capture_output=True, text=True, env=secure.environment)
    (line,) = (line for line in doctor.stdout.splitlines() if "HTTPS" in line)
    assert line.endswith(f"certificate SHA-256 {secure.fingerprint}"), line
