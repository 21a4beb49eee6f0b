"""Behind a proxy that serves petcam under a path: everything works there, and nothing is asked for outside of it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.path_proxy import PathProxy
from tests.chosen_server import is_go
from tests.real_services import OWNER, RealServices

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def petcam(system: DemoSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    """Behind passwords; its picture is the demo's."""
    with RealServices(tmp_path_factory.mktemp("petcam"), system.stream, proxies=("127.0.0.1",)) as running:
        running.start("web", "streamer")
        yield running


@pytest.fixture
def proxy(petcam: RealServices) -> Iterator[PathProxy]:
    with PathProxy("/home/cam", petcam.port) as running:
        yield running


def log_in(page: Page, proxy: PathProxy) -> None:
    page.goto(proxy.url)
    expect(page).to_have_url(f"{proxy.url}login?next=/")
    page.get_by_label("Password").fill(OWNER)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(proxy.url)


def test_live_recording_playing_and_the_account_work_under_a_path(proxy: PathProxy, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    log_in(page, proxy)
    page.wait_for_selector("#camera[data-video=live][data-way=webrtc]")
    page.evaluate(PETCAM)
    page.wait_for_function("() => petcam.detections.connected")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#recording-status")).to_have_text("● Recording")
    page.get_by_role("button", name="Stop recording").click()
    expect(page.locator("#toast")).to_have_text("Recording saved")
    page.get_by_role("link", name="Recordings").click()
    expect(page).to_have_url(f"{proxy.url}recordings")
    expect(page.locator(".card").first).to_be_visible()
    page.locator(".card .open").first.click()
    page.wait_for_function("() => document.querySelector('.player video')?.readyState >= 2")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Live").click()
    page.wait_for_selector("#camera[data-video=live]")
    if is_go():
        page.get_by_role("link", name="Account").click()
    else:
        page.get_by_role("link", name="Settings").click()
        page.locator("#home").click()
        page.wait_for_selector("[data-key=home] .undo")
        page.get_by_role("link", name="Passwords, log out").click()
    page.get_by_role("button", name="Log out here").click()
    expect(page).to_have_url(f"{proxy.url}login")
    assert proxy.outside == []


@pytest.mark.needs_python("pictures")
def test_mjpeg_works_under_a_path_and_the_cookie_is_for_that_path(proxy: PathProxy, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    page.add_init_script("delete window.RTCPeerConnection")
    log_in(page, proxy)
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    assert [cookie.get("path") for cookie in page.context.cookies()] == ["/home/cam"]
    assert proxy.outside == []
