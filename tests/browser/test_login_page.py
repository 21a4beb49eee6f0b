"""The pages for logging in and the account, with a real browser and the page's server alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from petcam.system.assets import assets_folder
from petcam.system.streamer_binary import find_streamer
from tests.chosen_server import chosen_server, is_go
from tests.ports import free_port

NewPage = Callable[..., Page]
PASSWORD = "three words here"
PETCAM = [sys.executable, "-m", "petcam.cli"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server with the owner's password; its URL."""
    tmp_path, port, streamer = tmp_path_factory.mktemp("state"), free_port(), free_port()
    file = tmp_path / "petcam.yaml"
    segments = f"{{stream: /petcam_test_{port}_s, detections: /petcam_test_{port}_d}}"
    file.write_text(
        f"web: {{server: {chosen_server()}, host: 127.0.0.1, port: {port}}}\n"
        f"streamer: {{port: {streamer}}}\nwebrtc: {{udp_port: {streamer}}}\n"
        f"camera: {segments}\nrecording: {{directory: {tmp_path}}}\n"
    )
    environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path)}
    command = [*PETCAM, "--config", str(file)]
    subprocess.run([*command, "password"], input=PASSWORD + "\n", text=True, check=True, env=environment)
    serve = [str(find_streamer()), "--config", str(file)] if is_go() else [*command, "web"]
    process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        assert any("serving on" in line or "serving the page" in line for line in process.stderr)
        yield f"http://127.0.0.1:{port}/"
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
    if is_go():
        page.get_by_role("link", name="Account").click()
    else:
        page.get_by_role("link", name="Settings").click()
        page.get_by_role("link", name="Passwords, log out").click()
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


def open_account(web: str, page: Page) -> None:
    page.goto(web)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#webrtc-video")
    page.goto(f"{web}account")


def change_password(page: Page, current: str, new: str, again: str) -> None:
    page.locator("#password-title ~ details summary").click()
    for name, value in (("current", current), ("new", new), ("again", again)):
        page.locator(f"#password-{name}").fill(value)
    page.locator("#password-title ~ details .primary").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_a_wrong_password_is_said_where_the_hand_is(web: str, new_page: NewPage, scripts: bool) -> None:
    page = new_page(viewport={"width": 390, "height": 664}, has_touch=True, java_script_enabled=scripts)
    open_account(web, page)
    change_password(page, "not that", "another one", "another one")
    field = page.get_by_label("持ち主の現在のパスワード").locator("visible=true")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("現在のパスワードが違います。")
    expect(field).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1)
    page.goto(page.url)  # as when the address is asked for anew
    expect(page.get_by_role("heading", level=1)).to_have_text("アカウント")
    assert page.url == f"{web}account"


def test_two_passwords_that_differ_are_not_sent_and_what_was_typed_stays(web: str, new_page: NewPage) -> None:
    page = new_page()
    open_account(web, page)
    change_password(page, PASSWORD, "another one", "another two")
    again = page.locator("#password-again")
    expect(again).to_be_focused()
    assert again.evaluate("field => field.validationMessage") == "2 つのパスワードが一致しません。"
    expect(page.locator("#password-current")).to_have_value(PASSWORD)
    again.fill("another one")
    assert again.evaluate("field => field.checkValidity()")


def test_the_keyboard_shows_what_was_typed_and_it_is_hidden_again_when_sent(web: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(web)
    page.keyboard.type(PASSWORD)
    field, show = page.locator("#password"), page.get_by_role("button", name="パスワードを表示")
    expect(show).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Tab")
    expect(show).to_be_focused()
    page.keyboard.press("Space")
    expect(show).to_have_attribute("aria-pressed", "true")
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    page.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="ログイン").click()
    expect(field).to_have_attribute("type", "password")


def test_without_scripts_there_is_no_button_that_does_nothing(web: str, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(web)
    expect(page.get_by_role("button")).to_have_count(1)
    page.get_by_text("パスワードを忘れた場合").click()
    expect(page.get_by_text("sudo petcam password")).to_be_visible()


def test_the_keyboard_chooses_the_language_for_all_pages(web: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(web)
    link = page.get_by_role("navigation", name="言語").get_by_role("link", name="English")
    for _ in range(5):  # show, log in, forgotten
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start recording")).to_be_visible()
    page.goto(f"{web}nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page does not exist.")
    page.get_by_role("link", name="Back to the camera").click()
    expect(page.locator("#webrtc-video")).to_be_visible()
    assert page.url == web


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
