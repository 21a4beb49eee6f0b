"""WebRTC by petcam-web itself and back: one line of the YAML and a restart."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo_system import DemoSystem

pytestmark = pytest.mark.needs_python("backend")

# Chromium itself shows 2x2 black pixels until the first picture.
PICTURE = "() => document.querySelector('#camera[data-video=live] video')?.videoWidth === 1280"
# Peer connections that find no way to the server while `blocked` is set.
BLOCKABLE = """window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(options) { super({ ...options, iceTransportPolicy: window.blocked ? "relay" : "all" }); }
};"""
NEXT_FRAME = "new Promise((seen) => document.querySelector('video').requestVideoFrameCallback(seen))"


@pytest.fixture
def switched(browser: Browser, tmp_path: Path) -> Iterator[DemoSystem]:
    pytest.importorskip("aiortc")
    with DemoSystem(tmp_path) as running:
        yield running


def switch(system: DemoSystem, page: Page, backend: str) -> None:
    file = system.directory / "petcam.yaml"
    with system.without("web"):
        expect(page.locator("#server-status")).to_have_text("Disconnected")
        others = re.sub(r"^  backend: .*\n", "", file.read_text(), flags=re.MULTILINE)
        file.write_text(others.replace("webrtc:\n", f"webrtc:\n  backend: {backend}\n"))
    expect(page.locator("#server-status")).to_have_text("Connected")
    page.reload()
    expect_picture(page)
    expect(page.locator("#server-status")).to_have_text("Connected")
    assert page.request.get("/api/go/health").json().get("backend", "go") == backend


def expect_picture(page: Page) -> None:
    page.wait_for_function(PICTURE)
    page.evaluate(NEXT_FRAME)


def test_the_python_backend_plays_without_the_streamer_and_one_line_goes_back(
    switched: DemoSystem, new_page: Callable[..., Page]
) -> None:
    page = new_page(base_url=switched.url, locale="en-US")
    page.add_init_script(BLOCKABLE)
    page.goto("/")
    expect_picture(page)
    expect(page.locator("#server-status")).to_have_text("Connected")  # the rest of the page comes after the picture
    switch(switched, page, "python")
    expect(page.locator("#recording-status")).to_have_text("○ Not recording")
    with switched.without("petcam-streamer"):
        expect(page.locator("#recording-note")).to_have_text("Needs the streamer (webrtc.backend: go).")
        for button in ("#start-recording", "#stop-recording"):
            expect(page.locator(button)).to_be_disabled()
        page.reload()
        expect_picture(page)
    expect(page.locator("#start-recording")).to_be_enabled()
    expect_to_come_back_by_itself(switched, page)
    switch(switched, page, "go")


def expect_to_come_back_by_itself(system: DemoSystem, page: Page) -> None:
    """In one page: WebRTC, nothing, WebRTC; then MJPEG while no media comes through, and WebRTC again."""
    page.evaluate("window.same = true")
    with system.without("web"):
        page.wait_for_selector("#camera[data-video=reconnecting], #camera[data-video=unreachable]")
        page.evaluate("window.blocked = true")
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    page.evaluate("window.blocked = false")
    page.wait_for_selector("#camera[data-video=live][data-way=webrtc]")
    expect_picture(page)
    assert page.evaluate("same")
