"""Looking back: a moment ago in the place of the live picture, and back to it."""

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.browser.demo_system import DemoSystem

SHOWN = "#camera[data-past=shown]"
LEAST_HELD = 22.0  # seconds of the past that the demo has before the tests begin
# When the picture was taken that the boxes are drawn on, in seconds before the newest result of the detector.
SHOWN_AGE = """async () => {
    const { overlay, detections } = petcam;
    const newest = await new Promise((come) =>
        detections.addEventListener("result", (event) => come(event.detail), { once: true }));
    return ((newest.rtp_timestamp - overlay.state.rtpTimestamp) | 0) / 90000;
}"""


@pytest.fixture(scope="module")
def past(system: DemoSystem) -> None:
    """There is something to look back at."""
    while True:
        with requests.get(f"{system.url}api/past.mp4?for=0.1", stream=True, timeout=10) as answer:
            if float(answer.headers.get("X-Past-Held", 0)) >= LEAST_HELD:
                return
        time.sleep(1)  # the demo's camera films no faster


@pytest.fixture
def asked(past: None, page: Page) -> Iterator[list[str]]:
    """What is asked of the past from now on."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if "/api/past.mp4" in request.url else None)
    yield urls
    page.unroute_all(behavior="ignoreErrors")


def look_back(page: Page) -> None:
    page.click("#rewind")
    page.wait_for_selector(SHOWN)


def says(page: Page, *seconds: int) -> None:
    """One of these."""
    words = re.compile(f"^({'|'.join(map(str, seconds))}) 秒前$")
    expect(page.locator(".past-label")).to_have_text(words)
    expect(page.locator(".past-slider")).to_have_attribute("aria-valuetext", words)


def shows(page: Page, least: float, most: float) -> None:
    page.wait_for_function(
        f"""async ([least, most]) => {{
            const age = await ({SHOWN_AGE})();
            return age > least && age < most;
        }}""",
        arg=[least, most],
    )


def is_live(page: Page) -> None:
    expect(page.locator(".past-bar, video.past, .past-label")).to_have_count(0)
    expect(page.locator("#live")).to_have_text("ライブ")
    page.wait_for_function("() => petcam.overlay.state.match === 'exact'")
    shows(page, -1, 3)


def test_a_press_shows_what_was_ten_seconds_ago_another_goes_further_back(page: Page, asked: list[str]) -> None:
    look_back(page)
    expect(page.get_by_role("slider", name="表示する時点")).to_be_focused()
    says(page, 10)
    shows(page, 8, 12)
    shown = page.evaluate("document.querySelector('video.past').currentTime")
    page.wait_for_function("shown => document.querySelector('video.past').currentTime > shown + 1", arg=shown)
    assert page.evaluate("petcam.client.state") == "live"  # behind it, so that the way back is short
    expect(page.locator("#live")).to_be_hidden()
    size = page.evaluate(
        "(({ videoWidth, videoHeight }) => [videoWidth, videoHeight])(document.querySelector('.past'))"
    )
    assert size == [1280, 720]
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    says(page, 7)
    shows(page, 5, 9)
    assert len(asked) == 1  # what is loaded is shown without another request
    page.click("#rewind")
    says(page, 17)
    shows(page, 15, 19)


def test_the_keyboard_goes_to_the_oldest_moment_and_back_to_live(page: Page, asked: list[str]) -> None:
    began = time.monotonic()
    look_back(page)
    with page.expect_response("**/api/past.mp4?from=*") as answered:
        page.keyboard.press("Home")
    page.wait_for_selector(SHOWN)
    took = time.monotonic() - began  # by so much at most the page mistakes the server's time
    asked_for = float(parse_qs(urlsplit(answered.value.url).query)["from"][0])
    oldest = min(asked_for, float(answered.value.headers["x-past-age"]))  # less may be held by then
    assert oldest >= LEAST_HELD - 2
    says(page, *range(int(oldest - took + 0.5), int(oldest + took + 0.5) + 1))
    shows(page, oldest - 3, oldest + 3)
    page.keyboard.press("End")
    is_live(page)
    expect(page.locator("#rewind")).to_be_focused()
    look_back(page)
    page.keyboard.press("Escape")
    is_live(page)
    look_back(page)
    page.get_by_role("button", name="ライブに戻る").click()
    is_live(page)


def test_boxes_are_those_of_the_very_picture(page: Page, asked: list[str]) -> None:
    opened = page.evaluate("performance.now()")
    page.wait_for_function("opened => performance.now() > opened + 11500", arg=opened)  # it has results of that long
    look_back(page)
    page.wait_for_function("() => petcam.overlay.state.match === 'exact'")
    shows(page, 8, 12)


def test_dragging_asks_now_and_then_and_ends_where_it_is_let_go(page: Page, asked: list[str]) -> None:
    look_back(page)
    box = page.locator(".past-slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.9, middle)
    page.mouse.down()
    for step in range(90, 10, -2):
        page.mouse.move(box["x"] + box["width"] * step / 100, middle)
    expect(page.locator("video.past")).to_have_js_property("paused", True)
    page.mouse.up()
    value = -int(page.locator(".past-slider").input_value())
    assert value > 15
    says(page, value)
    shows(page, value - 3, value + 3)
    expect(page.locator("video.past")).to_have_js_property("paused", False)
    assert len(asked) < 40


def test_a_refusal_is_said_and_the_live_picture_stays(page: Page, asked: list[str]) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"error": "Go server unavailable", "message": "x"})

    page.route("**/api/past.mp4*", refuse)
    page.click("#rewind")
    expect(page.locator("#toast")).to_have_text("ストリーミングサーバーに接続できません。")
    is_live(page)
    page.unroute("**/api/past.mp4*")
    page.evaluate("MediaSource.isTypeSupported = () => false")
    page.click("#rewind")
    expect(page.locator("#toast")).to_have_text("このブラウザーでは、少し前の映像を再生できません。")
    is_live(page)


def test_a_browser_without_media_buffers_loads_the_piece_as_a_whole(page: Page, asked: list[str]) -> None:
    page.evaluate("() => { window.MediaSource = undefined; }")
    look_back(page)
    assert "&for=10" in asked[0]
    shows(page, 8, 25)  # later by what loading took


def test_nothing_of_it_is_loaded_before_it_is_used(system: DemoSystem, new_page: Callable[..., Page]) -> None:
    page = new_page(base_url=system.url)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.goto("/")
    page.wait_for_selector("#camera[data-video=live]")
    page.wait_for_selector("#keep-past:enabled")
    assert not {"rewind.js", "past_video.js", "rewind.css", "past_buttons.js"} & set(loaded)
