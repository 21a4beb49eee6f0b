"""Each state of the live page by the rules of axe, which finds what screen readers and weak eyes stumble over."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.demo_system import DemoSystem
from tests.browser.rules import broken, page_with_rules

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"


@pytest.fixture(
    params=[("ja-JP", "dark", 390, 844), ("ja-JP", "dark", 844, 390), ("en-GB", "light", 1366, 768)],
    ids=["phone", "phone sideways", "desktop"],
)
def page(request: pytest.FixtureRequest, system: DemoSystem, new_page: NewPage) -> Page:
    return page_with_rules(new_page, system, *request.param)


def pressed(page: Page, button: str, shows: str) -> Page:
    page.locator(f"{button}:enabled").click()
    page.wait_for_selector(shows)
    return page


def test_no_rule_is_broken_in_any_state(system: DemoSystem, page: Page) -> None:
    page.goto("/")
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#start-recording:enabled")
    assert broken(page) == []
    assert broken(pressed(page, "#choices", "#choice-menu")) == [], "the menu"
    page.keyboard.press("Escape")
    assert broken(pressed(page, "#rewind", ".past-slider")) == [], "looking back"
    assert (
        broken(
            pressed(
                pressed(page, ".past-live", "#camera:not([data-past])"),
                "#start-recording",
                "#recording-status[data-state=on]",
            )
        )
        == []
    ), "recording"
    assert broken(pressed(page, "#stop-recording", "#recording-status[data-state=off]")) == [], "recorded"
    with system.without("web"):
        page.wait_for_selector("#recording-status[data-state=unknown]")
        assert broken(page) == [], "nobody answers"
    page.wait_for_selector("#server-status[data-state=connected]")  # for the next page


def test_no_rule_is_broken_by_the_list_or_an_error(page: Page) -> None:
    for path in ("/recordings", "/no-such-page"):
        page.goto(path)
        page.wait_for_selector("h1")
        assert broken(page) == [], path


def test_no_rule_is_broken_by_the_player(page: Page) -> None:
    while not page.request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    name = page.request.post("/api/recording/stop").json()["filename"]
    page.goto(f"/recordings#{name}")
    page.wait_for_function("() => document.querySelector('.player video')?.readyState > 1")
    page.eval_on_selector(".show-boxes", "button => { button.hidden = false; }")  # also where the cat is away
    assert broken(page) == []
