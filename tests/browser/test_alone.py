"""The live page where petcam-streamer serves alone: without MJPEG, visits and settings, and no word of trouble."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live][data-way=webrtc]"
LEFT_OUT = re.compile(r"/(stream\.mjpg|snapshot\.jpg|settings|places|visits|api/(events|days|settings|places))")
REFUSAL = {"error": "Not supported here", "message": "no", "reason": "Needs petcam-web"}


def make_alone(page: Page) -> None:
    """Have the page be what the streamer's own is."""

    def change(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace("<body ", "<body data-alone ", 1)
        route.fulfill(response=answer, body=re.sub(r' data-picture="[^"]*"', "", text))

    page.route(re.compile(r":\d+/$"), change)
    page.route(LEFT_OUT, lambda route: route.fulfill(status=501, body=json.dumps(REFUSAL)))


@pytest.fixture
def alone(system: DemoSystem, new_page: NewPage) -> tuple[Page, list[str]]:
    """The page, and what it has asked for of that which is left out."""
    page, asked = new_page(locale="en-US"), list[str]()
    page.on("request", lambda request: asked.append(request.url) if LEFT_OUT.search(request.url) else None)
    make_alone(page)
    return page, asked


def test_it_asks_for_nothing_that_is_left_out(system: DemoSystem, alone: tuple[Page, list[str]]) -> None:
    page, asked = alone
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    expect(page.locator("#latest")).to_be_visible()
    expect(page.locator("#visits")).to_be_hidden()
    page.wait_for_selector("#choices:enabled")
    page.get_by_role("button", name="Display settings").click()
    expect(page.locator("#choice-menu")).to_contain_text("Boxes")
    expect(page.locator("#choice-menu")).not_to_contain_text("MJPEG")
    page.keyboard.press("Escape")
    with system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-video=unreachable]")
        expect(page.locator(".notice-title")).to_be_visible()
    page.wait_for_selector(LIVE)
    assert asked == []


def test_what_was_chosen_before_holds_for_nothing(system: DemoSystem, alone: tuple[Page, list[str]]) -> None:
    page, asked = alone
    page.add_init_script("localStorage.setItem('petcam.picture', 'mjpeg')")
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)
    assert asked == []


def test_a_browser_without_webrtc_is_told_so(system: DemoSystem, alone: tuple[Page, list[str]]) -> None:
    page, _ = alone
    page.add_init_script("delete window.RTCPeerConnection")
    page.goto(system.url)
    expect(page.locator(".notice-title")).to_have_text(
        "This browser could show the picture only as MJPEG, and that needs the whole of petcam."
    )


def test_an_old_browser_is_shown_no_broken_picture(system: DemoSystem, alone: tuple[Page, list[str]]) -> None:
    page, asked = alone
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.documentElement.removeAttribute('data-started'))"
    )
    page.goto(system.url)
    expect(page.locator("#old")).to_be_visible()
    expect(page.locator("img.plain")).to_have_count(0)
    assert asked == []
