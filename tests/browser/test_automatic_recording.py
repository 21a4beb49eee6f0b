"""What is recorded without a press, beside the recording by hand, and why it is not."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
NOTE = {"/": "#recording-note", "/recordings": "#recording-file"}
QUIET = {"recording": False, "kind": "visit", "filename": "", "error": "", "reason": ""}
FULL = {**QUIET, "error": "the disk is full", "reason": "Disk full"}


@pytest.fixture(params=NOTE)
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def open_with(system: DemoSystem, new_page: NewPage, path: str, locale: str = "en-GB") -> tuple[Page, dict[str, Any]]:
    """A page, and what the health says of it: to be changed."""
    page, says = new_page(locale=locale, base_url=system.url), dict(QUIET)

    def health(route: Route) -> None:
        whole = {"status": "ok", "camera": {"state": "live", "message": ""}, "webrtc_clients": 1, "mjpeg_clients": 0}
        route.fulfill(json={**whole, "recording": False, "recording_reason": "", "by_itself": says or None})

    page.route("**/api/go/health", health)
    page.route(
        "**/api/recording/status",
        lambda route: route.fulfill(json={"recording": False, "filename": "", "error": "", "reason": ""}),
    )
    page.goto(path)
    expect(page.locator("#recording-status")).to_have_attribute("data-state", "off")
    return page, says


def test_it_is_said_what_is_recorded_without_a_press(system: DemoSystem, new_page: NewPage, path: str) -> None:
    page, says = open_with(system, new_page, path)
    expect(page.locator(".itself")).to_be_empty()
    says.update(QUIET, recording=True)
    expect(page.locator(".itself")).to_have_text("Automatic: visit")
    says.update(kind="always")
    expect(page.locator(".itself")).to_have_text("Automatic: always")
    says.clear()
    expect(page.locator(".itself")).to_be_empty()
    expect(page.locator("#start-recording")).to_be_enabled()


def test_why_nothing_is_recorded_without_a_press_is_said_where_the_recordings_trouble_is(
    system: DemoSystem, new_page: NewPage, path: str
) -> None:
    page, says = open_with(system, new_page, path, "ja-JP")
    says.update(FULL)
    note = page.locator(NOTE[path])
    expect(note).to_have_text(
        "自動録画ができません。ディスクがいっぱいです。録画を削除するか、大きいディスクに替えてください。"
    )
    expect(note).to_have_class("trouble")
    says.update(QUIET)
    expect(note).not_to_have_class("trouble")
    expect(page.locator("#start-recording")).to_be_enabled()
