"""Recording by the page's buttons."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.demo_system import DemoSystem
from tests.complaints import complaints

NewPage = Callable[..., Page]


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """The page with nothing being recorded, before and after."""
    expect_stopped(page)
    yield page
    page.unroute_all(behavior="ignoreErrors")
    page.request.post("/api/recording/stop")


@pytest.fixture
def second(page: Page, system: DemoSystem, new_page: NewPage) -> Page:
    opened = new_page(locale="en-US")
    opened.goto(system.url)
    return opened


def expect_recording(page: Page, text: str = "● 録画中") -> None:
    expect(page.locator("#recording-status")).to_have_text(text)
    expect(page.locator("#start-recording")).to_be_disabled()
    expect(page.locator("#stop-recording")).to_be_enabled()


def expect_stopped(page: Page, text: str = "○ 録画：停止中") -> None:
    expect(page.locator("#recording-status")).to_have_text(text)
    expect(page.locator("#start-recording")).to_be_enabled()
    expect(page.locator("#stop-recording")).to_be_disabled()


def frames_shown(page: Page) -> int:
    return int(re.sub(r"\D", "", page.text_content("#recording-frames") or "0"))


def test_the_file_has_the_frames_that_the_page_showed(system: DemoSystem, page: Page) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed: apt-get install ffmpeg")
    page.get_by_role("button", name="録画開始").click()
    expect_recording(page)
    page.wait_for_function("() => parseInt(document.getElementById('recording-frames').textContent) >= 60")
    page.get_by_role("button", name="録画停止").click()
    expect_stopped(page)
    file = system.directory / "recordings" / page.locator("#recording-file").text_content()
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-of", "json", "-show_streams"]
    probed = subprocess.run([*command, str(file)], check=True, capture_output=True, text=True)
    assert complaints(probed.stderr) == []
    assert int(json.loads(probed.stdout)["streams"][0]["nb_read_frames"]) == frames_shown(page)


def test_a_saved_recording_is_in_the_list_and_plays(page: Page) -> None:
    page.click("#start-recording")
    expect_recording(page)
    page.click("#stop-recording")
    expect(page.get_by_role("alert").filter(has_text="録画を保存しました")).to_be_visible()
    name = page.locator("#recording-file").text_content()
    link = page.locator(f"#recordings a.when[href$='{name}']")
    expect(link).to_be_visible()
    size = page.evaluate(
        """url => new Promise((resolve, reject) => {
            const video = Object.assign(document.createElement("video"), { src: url });
            video.onloadeddata = () => resolve([video.videoWidth, video.videoHeight]);
            video.onerror = () => reject(video.error.message);
        })""",
        link.get_attribute("href"),
    )
    assert size == [1280, 720]


def test_at_rest_the_panel_says_when_the_last_one_was_and_plays_it_and_figures_are_under_details(page: Page) -> None:
    page.click("#start-recording")
    expect(page.locator("#recording-time")).to_have_text(re.compile("0:0[2-9]"))
    page.click("#stop-recording")
    expect_stopped(page)
    last = page.get_by_role("link", name=re.compile(r"^最新：今日 \d\d:\d\d・\d 秒$"))
    expect(last).to_have_attribute("href", re.compile(f"/{page.locator('#recording-file').text_content()}$"))
    expect(page.locator("#recording-time")).to_be_empty()
    expect(page.locator("#recording-frames")).to_be_hidden()
    page.get_by_text("詳細").click()
    for figure in ("#recording-frames", "#recording-size", "#recording-file"):
        expect(page.locator(figure)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "start", "seconds", "said"),
    [
        ("en-GB", "2026-11-27T21:23:00", 13, "Last: today 21:23, 13 s"),
        ("ja", "2026-11-26T07:05:00", 65, "最新：昨日 07:05・1 分 5 秒"),
        ("ja", "2026-10-30T23:59:00", 7260, "最新：10月30日(金) 23:59・2 時間 1 分"),
    ],
)
def test_the_last_recording_is_said_in_words(page: Page, language: str, start: str, seconds: float, said: str) -> None:
    words = json.loads((Path(__file__).parents[2] / "words" / f"{language[:2]}.json").read_text(encoding="utf-8"))
    found = page.evaluate(
        """async ([language, texts, start, seconds]) => {
            const { lastWords } = await import("/static/live/last_recording.js");
            const { Messages } = await import("/static/lib/messages.js");
            const messages = Object.assign(new Messages(texts), { language });
            return lastWords(new Date(start), seconds, messages, new Date("2026-11-27T23:00:00"));
        }""",
        [language, words, start, seconds],
    )
    assert found.replace("\u00a0", " ") == said


def test_a_second_tab_has_the_right_buttons(page: Page, second: Page) -> None:
    expect_stopped(second, "○ Not recording")
    page.click("#start-recording")
    expect_recording(second, "● Recording")
    expect(second.locator("#recording-file")).to_have_text(page.locator("#recording-file").text_content())
    second.click("#stop-recording")
    expect_stopped(page)


def test_the_keyboard_starts_and_stops_it_and_keeps_its_place(page: Page) -> None:
    page.locator("#start-recording").focus()
    page.keyboard.press("Enter")
    expect_recording(page)
    expect(page.locator("#stop-recording")).to_be_focused()
    page.keyboard.press("Space")
    expect_stopped(page)
    expect(page.locator("#start-recording")).to_be_focused()


def test_a_double_click_starts_one_recording(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/start") else None)
    page.dblclick("#start-recording")
    expect_recording(page)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (507, "Recording failed", "録画できません。空き容量を確認してください。"),
        (503, "No video", "カメラの映像がないため、録画できません。"),
        (503, "Go server unavailable", "ストリーミングサーバーに接続できません。"),
        (418, "Not in the table", "what the server says"),
    ],
)
def test_a_refusal_is_said_on_the_picture(page: Page, status: int, error: str, said: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=status, json={"error": error, "message": "what the server says"})

    page.route("**/api/recording/start", refuse)
    page.click("#start-recording")
    expect(page.locator("#toast")).to_have_text(said)
    expect_stopped(page)


def test_what_the_server_says_is_never_taken_for_markup(page: Page) -> None:
    page.route(
        "**/api/recording/start",
        lambda route: route.fulfill(status=418, json={"error": "new", "message": "<img src=x onerror=alert(1)>"}),
    )
    page.click("#start-recording")
    expect(page.locator("#toast")).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator("#toast img").count() == 0
