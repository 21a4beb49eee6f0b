"""What lies on the picture goes out of sight while nobody touches it, and out of nobody's reach."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"
SIDEWAYS = {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True}
UPRIGHT = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MAKE = """async () => {
    const { RestingControls } = await import("/static/lib/resting_controls.js");
    document.body.innerHTML = `<main id="camera"><div class="picture-controls">
        <p class="badges"><span id="live">Live</span><span id="way" data-lasting>MJPEG</span></p>
        <button id="choices" aria-expanded="false">choices</button></div></main><button id="other">other</button>`;
    window.controls = new RestingControls(document.getElementById("camera"), "button, span", "[data-lasting]");
}"""


@pytest.fixture
def resting(still: Page) -> Page:
    """A page with the controls alone, whose time is the test's."""
    still.evaluate(MAKE)
    return still


def rests(page: Page) -> bool:
    return bool(page.evaluate("document.getElementById('camera').classList.contains('resting')"))


def test_they_rest_after_three_seconds_and_wake_by_a_move_a_press_or_the_keyboard(resting: Page) -> None:
    wakings = [
        lambda: resting.mouse.move(30, 30),
        lambda: resting.mouse.click(30, 30),
        lambda: resting.keyboard.press("Tab"),
    ]
    box = resting.locator("#camera").bounding_box()
    assert box is not None and box["x"] < 30 < box["x"] + box["width"] and box["y"] < 30 < box["y"] + box["height"]
    for wake in wakings:
        resting.evaluate("document.activeElement.blur()")
        resting.clock.run_for(2900)
        assert not rests(resting)
        resting.clock.run_for(200)
        assert rests(resting)
        wake()
        assert not rests(resting)


def test_they_stay_while_the_keyboard_is_among_them_and_no_longer(resting: Page) -> None:
    resting.keyboard.press("Tab")
    expect(resting.locator("#choices")).to_be_focused()
    resting.clock.run_for(20_000)
    assert not rests(resting)
    resting.keyboard.press("Tab")
    resting.clock.run_for(6000)
    assert rests(resting)


def test_they_stay_while_a_menu_is_open(resting: Page) -> None:
    resting.locator("#choices").evaluate("button => button.setAttribute('aria-expanded', 'true')")
    resting.clock.run_for(20_000)
    assert not rests(resting)
    resting.locator("#choices").evaluate("button => button.setAttribute('aria-expanded', 'false')")
    resting.clock.run_for(6000)
    assert rests(resting)


def test_a_label_keeps_clear_only_of_what_is_seen(resting: Page) -> None:
    assert resting.evaluate("controls.covering().length") == 3
    resting.clock.run_for(4000)
    assert resting.evaluate("controls.covering().length") == 1


def test_on_a_phone_held_sideways_a_tap_brings_them_back_and_presses_nothing_unseen(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page(**SIDEWAYS)
    page.goto(system.url)
    page.wait_for_selector(f"{LIVE}.resting")
    button = page.get_by_role("button", name="表示の設定")  # of those who hear the page
    expect(button).to_be_enabled()
    for unseen in ("#choices", "#fullscreen", "#live", "#viewers"):
        expect(page.locator(unseen)).to_have_css("opacity", "0")
    button.tap()
    expect(page.locator("#camera.resting")).to_have_count(0)
    expect(button).to_have_css("opacity", "1")
    expect(page.locator("#choice-menu")).to_be_hidden()
    button.tap()
    expect(page.locator("#choice-menu")).to_be_visible()


def test_on_an_upright_phone_nothing_lies_on_the_picture_and_all_stays(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(**UPRIGHT)
    page.goto(system.url)
    page.wait_for_selector(f"{LIVE}.resting")
    picture = page.locator(".picture").bounding_box()
    assert picture is not None
    for element in ("#choices", "#fullscreen", "#live", "#viewers"):
        expect(page.locator(element)).to_have_css("opacity", "1")
        box = page.locator(element).bounding_box()
        assert box is not None and box["y"] >= picture["y"] + picture["height"], element
    page.locator("#choices").tap()
    expect(page.locator("#choice-menu")).to_be_visible()
