"""The picture alone on the whole screen, by whichever way a browser has."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NO_FULL_SCREEN
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
FILL = "全画面表示"
LOCK = """window.locked = [];
screen.orientation.lock = async (to) => void locked.push([to, document.fullscreenElement?.id]);"""
SEEN = """() => [".controls", "#choices", "#fullscreen", "#live"]
    .every((each) => getComputedStyle(document.querySelector(each)).opacity === "1")"""
IPHONE = f"""{NO_FULL_SCREEN}
window.entered = [];
HTMLVideoElement.prototype.webkitEnterFullscreen = function () {{ entered.push(this.id); }};"""


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1366, 768)])
def test_the_picture_has_all_of_it_and_its_controls_come_and_go(
    system: DemoSystem, new_page: NewPage, size: tuple[int, int]
) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]})
    page.add_init_script(LOCK)
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.wait_for_selector("#fullscreen:enabled").click()
    page.wait_for_selector("#camera.filling.resting")
    assert page.evaluate("[innerWidth, innerHeight]") == list(size)
    assert page.locator("#webrtc-video").bounding_box() == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    for unseen in (".controls", "#choices", "#fullscreen", "#live"):
        expect(page.locator(unseen)).to_have_css("opacity", "0")
    assert page.evaluate("locked") == [["landscape", "camera"]]
    page.mouse.move(size[0] / 2, size[1] / 2)
    page.wait_for_function(SEEN)
    for seen in (".controls", "#choices", "#fullscreen", "#live"):
        box = page.locator(seen).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size[0], seen
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1], seen


def test_an_upright_picture_does_not_turn_the_screen(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(LOCK)

    def turn(route: Route) -> None:
        health = route.fetch().json()
        route.fulfill(json={**health, "camera": {**health["camera"], "width": 360, "height": 640}})

    page.route("**/api/go/health", turn)
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.wait_for_function("() => Number(document.documentElement.style.getPropertyValue('--ratio')) < 1")
    page.wait_for_selector("#fullscreen:enabled").click()
    expect(page.get_by_role("button", name="全画面表示を終了")).to_be_visible()
    assert page.evaluate("locked") == []
    page.unroute_all(behavior="ignoreErrors")


def test_an_iphone_fills_its_screen_with_the_video_by_its_own_way(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(IPHONE)
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.get_by_role("button", name=FILL).click()
    page.wait_for_function("() => entered.length")
    assert page.evaluate("entered") == ["webrtc-video"]
    expect(page.locator("#camera.filling")).to_have_count(0)
    page.locator("#webrtc-video").evaluate("video => video.pause()")  # as an iPhone leaves it
    page.locator("#webrtc-video").evaluate("video => video.dispatchEvent(new Event('webkitendfullscreen'))")
    page.wait_for_function("() => !document.getElementById('webrtc-video').paused")


@pytest.mark.needs_python("pictures")
def test_an_iphone_that_shows_mjpeg_fills_the_page_with_it(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(f"{IPHONE}; delete window.RTCPeerConnection;")
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    page.get_by_role("button", name=FILL).click()
    expect(page.locator("#camera.filling")).to_be_visible()
    assert page.evaluate("entered") == []
