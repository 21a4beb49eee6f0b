"""What the viewer may choose, and the menu on the picture for it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NO_FULL_SCREEN
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]

CHOICES = """async ([stored, picks]) => {
    for (const [name, value] of stored) localStorage.setItem(`petcam.${name}`, value);
    const { Choices } = await import("/static/lib/choices.js");
    const choices = new Choices();
    const heard = [];
    choices.addEventListener("change", ({ detail }) => heard.push([detail, choices.get(detail)]));
    for (const [name, value] of picks) choices.set(name, value);
    const again = new Choices();
    const both = (which) => [which.get("boxes"), which.get("picture")];
    return { now: both(choices), again: both(again), heard };
}"""


@pytest.fixture
def blank(system: DemoSystem, new_page: NewPage) -> Page:
    """A page that only imports, in a context with nothing stored."""
    page = new_page()
    page.goto(f"{system.url}healthz")
    return page


@pytest.mark.parametrize(
    ("stored", "picks", "wanted"),
    [
        pytest.param([], [], ["exact", "auto"], id="the defaults"),
        pytest.param([], [["boxes", "fastest"]], ["fastest", "auto"], id="what was picked"),
        pytest.param([["picture", "mjpeg"]], [], ["exact", "mjpeg"], id="what was stored"),
        pytest.param([["boxes", "fast"], ["picture", ""]], [], ["exact", "auto"], id="a stored value nobody knows"),
    ],
)
def test_it_remembers(blank: Page, stored: list[list[str]], picks: list[list[str]], wanted: list[str]) -> None:
    found: dict[str, Any] = blank.evaluate(CHOICES, [stored, picks])
    assert found["now"] == found["again"] == wanted
    assert found["heard"] == picks


def test_it_says_nothing_where_nothing_changed(blank: Page) -> None:
    assert blank.evaluate(CHOICES, [[], [["boxes", "exact"]]])["heard"] == []


def test_it_takes_no_value_that_is_not_there_to_choose(blank: Page) -> None:
    with pytest.raises(Exception, match="no such choice"):
        blank.evaluate(CHOICES, [[], [["boxes", "fast"]]])


def test_a_choice_holds_where_the_browser_stores_nothing(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no"); } })"""
    )
    page.goto(system.url)
    page.wait_for_selector("#choices:enabled").click()
    page.get_by_label("遅れを最小に").check()
    expect(page.get_by_label("遅れを最小に")).to_be_checked()
    expect(page.get_by_label("映像にぴったり")).not_to_be_checked()


def test_a_pick_is_there_on_the_next_visit(page: Page) -> None:
    page.wait_for_selector("#choices:enabled").click()
    page.get_by_label("遅れを最小に").check()
    page.reload()
    page.wait_for_selector("#choices:enabled").click()
    expect(page.get_by_label("遅れを最小に")).to_be_checked()


def test_the_menu_is_worked_by_keyboard(page: Page) -> None:
    button, menu = page.locator("#choices"), page.locator("#choice-menu")
    page.wait_for_selector("#choices:enabled").focus()
    expect(menu).to_be_hidden()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_label("映像にぴったり")).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("petcam.choices.get('boxes')") == "fastest"
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()


def test_escape_puts_away_the_menu_before_the_filled_page(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(NO_FULL_SCREEN)
    page.goto(system.url)
    page.wait_for_selector("#fullscreen:enabled").click()
    page.wait_for_selector("#choices:enabled").click()
    page.wait_for_selector("#choice-menu")
    page.keyboard.press("Escape")
    expect(page.locator("#choice-menu")).to_be_hidden()
    expect(page.locator("#camera.filling")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#camera.filling")).to_have_count(0)


def test_a_press_beside_the_menu_puts_it_away(page: Page) -> None:
    page.wait_for_selector("#choices:enabled").click()
    expect(page.locator("#choice-menu")).to_be_visible()
    page.locator("h1").click()
    expect(page.locator("#choice-menu")).to_be_hidden()


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
@pytest.mark.parametrize("size", [(320, 568), (360, 640), (390, 844), (844, 390), (667, 375), (1280, 800)])
def test_every_choice_is_within_reach(
    system: DemoSystem, new_page: NewPage, locale: str, size: tuple[int, int]
) -> None:
    width, height = size
    page = new_page(locale=locale, viewport={"width": width, "height": height})
    page.goto(system.url)
    page.wait_for_selector("#choices:enabled").click()
    # Three choices are between MJPEG and WebRTC.
    expect(page.locator("#choice-menu label")).to_have_count(4 if system.server == "go" else 7)
    expect(page.locator("#choice-menu")).to_be_visible()
    labels = page.locator("#choice-menu label").all()
    for label in labels:
        box = label.bounding_box()
        assert box is not None and box["height"] >= 44 and box["width"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, label.inner_text()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, label.inner_text()
        label.click(trial=True)  # nothing lies over it
