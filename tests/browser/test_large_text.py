"""Large text, a page enlarged to 400 %, and colours that are the system's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"
# Pairs of what can be read or pressed, none within the other, that lie over each other. What takes presses is larger
# than its words.
OVERLAPS = """() => {
    const shown = [...document.querySelectorAll(
        ".top > *, .badges span, button, .headline > *, .note > *, summary, h2 a, li a")]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width);
    const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const pressed = (element) => element.matches("button, summary, a");
    const words = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect();
    };
    const place = (element, other) =>
        pressed(element) && pressed(other) ? element.getBoundingClientRect() : words(element);
    // Of an upright phone's panel, under which the list is scrolled.
    const panel = document.querySelector(".controls");
    const isFixed = (element) => panel.contains(element) && getComputedStyle(panel).position === "fixed";
    const found = [];
    for (const [i, a] of shown.entries()) {
        for (const b of shown.slice(i + 1)) {
            if (a.contains(b) || b.contains(a) || isFixed(a) !== isFixed(b)) continue;
            if (over(place(a, b), place(b, a))) found.push([a.outerHTML, b.outerHTML]);
        }
    }
    return found;
}"""


def open_page(system: DemoSystem, new_page: NewPage, text: str, size: tuple[int, int], locale: str) -> Page:
    page = new_page(locale=locale, viewport={"width": size[0], "height": size[1]})
    page.add_init_script(
        f"addEventListener('DOMContentLoaded', () => (document.documentElement.style.fontSize = '{text}'))"
    )
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#start-recording:enabled")
    expect(page.locator("#recordings li")).not_to_have_count(0)
    expect(page.locator(":root.large")).to_have_count(1 if text == "200%" else 0)
    return page


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
@pytest.mark.parametrize(
    ("text", "size"),
    [("200%", (390, 844)), ("200%", (844, 390)), ("200%", (1280, 1024)), ("100%", (320, 256)), ("100%", (360, 640))],
)
def test_everything_is_there_and_nothing_lies_over_anything(
    system: DemoSystem, new_page: NewPage, text: str, size: tuple[int, int], locale: str
) -> None:
    page = open_page(system, new_page, text, size, locale)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#start-recording").scroll_into_view_if_needed()
    assert page.evaluate(OVERLAPS) == []
    for element in ("#start-recording", "#stop-recording", "#fullscreen", "#server-status", "#recordings"):
        box = page.locator(element).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size[0], element


def test_text_and_buttons_grow_with_the_browsers_text(system: DemoSystem, new_page: NewPage) -> None:
    page = open_page(system, new_page, "100%", (1280, 1024), "ja-JP")
    texts = "#server-status, .brand, .badges, #start-recording, .headline, .note, h2, li"
    sizes = f"""[...document.querySelectorAll({texts!r})]
        .map((element) => parseFloat(getComputedStyle(element).fontSize))"""
    small, height = page.evaluate(sizes), page.locator("#start-recording").bounding_box()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    large, grown = page.evaluate(sizes), page.locator("#start-recording").bounding_box()
    assert height is not None and grown is not None and grown["height"] == pytest.approx(2 * height["height"], abs=1)
    assert large == pytest.approx([2 * size for size in small], rel=0.05)


def test_in_the_systems_colours_buttons_have_borders_and_states_are_seen(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(forced_colors="active")
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#start-recording:enabled")
    for button in page.get_by_role("button").all():
        border = button.evaluate(
            "button => { const s = getComputedStyle(button); return [s.borderTopStyle, s.borderTopWidth]; }"
        )
        assert border == ["solid", "2px"], button.inner_text()
    dot, text = page.evaluate(
        """["backgroundColor", "color"].map((name) => getComputedStyle(document.getElementById("live"),
            name === "color" ? null : "::before")[name])"""
    )
    assert dot == text
    stop = page.locator("#stop-recording").evaluate("button => getComputedStyle(button).color")
    start = page.locator("#start-recording").evaluate("button => getComputedStyle(button).color")
    assert stop != start, "what cannot be pressed looks different"
