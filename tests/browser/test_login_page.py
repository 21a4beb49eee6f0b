"""The login page, with a real browser and petcam-web alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from petcam.system.assets import assets_folder
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


# Every place at which a line ends, as what stands before and behind it.
LINE_ENDS = """() => {
    const ends = [], range = document.createRange();
    const all = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
        let bottom = Infinity;
        for (let i = 0; i < node.data.length; i++) {
            range.setStart(node, i);
            range.setEnd(node, i + 1);
            const [box] = range.getClientRects();
            if (!box?.width) continue;
            if (box.top >= bottom) ends.push([node.data.slice(0, i), node.data.slice(i)]);
            bottom = box.bottom;
        }
    }
    return ends;
}"""
WITHIN_A_WORD = re.compile(r"[ァ-ヶー]\|[ァ-ヶー]|[一-龠々]\|[一-龠々]|[一-龠々]\|(?!お)[ぁ-ん]|\|[、。）]|（\|")


@pytest.mark.parametrize("width", [320, 390])
def test_no_line_of_japanese_ends_within_a_word(web: str, new_page: NewPage, width: int) -> None:
    catalogue = json.loads((assets_folder() / "words" / "ja.json").read_text(encoding="utf-8"))
    texts = [text for name, section in catalogue.items() if name != "commands" for text in section.values()]
    page = new_page(viewport={"width": width, "height": 664})
    page.goto(web)
    page.evaluate(
        """(texts) => document.querySelector("main").replaceChildren(
            ...texts.map((text) => Object.assign(document.createElement("p"), { textContent: text })))""",
        texts,
    )
    ends = page.evaluate(LINE_ENDS)
    assert len(ends) > 50
    assert [f"{before}|{behind}" for before, behind in ends if WITHIN_A_WORD.search(f"{before[-1]}|{behind[0]}")] == []
