"""The login page, with a real browser and petcam-web alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ports import free_port

NewPage = Callable[..., Page]
PASSWORD = "three words here"
PETCAM = [sys.executable, "-m", "petcam.cli"]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """petcam-web with the owner's password; its URL."""
    port = free_port()
    file = tmp_path / "petcam.yaml"
    segments = f"{{stream: /petcam_test_{port}_s, detections: /petcam_test_{port}_d}}"
    file.write_text(
        f"web: {{host: 127.0.0.1, port: {port}}}\nstreamer: {{port: {free_port()}}}\n"
        f"camera: {segments}\nrecording: {{directory: {tmp_path}}}\n"
    )
    environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path)}
    command = [*PETCAM, "--config", str(file)]
    subprocess.run([*command, "password"], input=PASSWORD + "\n", text=True, check=True, env=environment)
    process = subprocess.Popen([*command, "web"], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        assert any("serving on" in line for line in process.stderr)
        yield f"http://localhost:{port}/"
    finally:
        process.terminate()
        process.communicate()


def test_a_wrong_password_is_said_and_the_right_one_opens_the_page(web: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(web)
    page.get_by_label("パスワード").fill("not that")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("パスワードが違います。")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    expect(page.locator("#webrtc-video")).to_be_visible()
    assert page.url == web


def test_logging_out_leads_back_to_the_login(web: str, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    page.goto(web)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out here").click()
    expect(page.get_by_label("Password")).to_be_focused()


def test_a_session_that_ended_leads_to_the_login(web: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(web)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#webrtc-video")).to_be_visible()
    page.context.clear_cookies()
    expect(page.get_by_label("パスワード")).to_be_visible()
