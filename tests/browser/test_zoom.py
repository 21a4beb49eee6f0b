"""A closer look at the picture: two fingers, wheel, double tap, keys, and the menu."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live]"

# Where the picture's three layers are, and where its place is, in pixels of the window.
LAYERS = """() => {
    const rect = (element) => element.getBoundingClientRect().toJSON();
    const layers = ["bbox-canvas", "mjpeg-canvas", "zoomed"].map((id) => rect(document.getElementById(id)));
    return { layers, place: rect(document.querySelector(".picture")) };
}"""
SCALED = """(scale) => {
    const { width } = document.getElementById("bbox-canvas").getBoundingClientRect();
    return Math.abs(width / document.querySelector(".picture").clientWidth - scale) < 0.01;
}"""
ZOOMED = "#camera[data-zoomed]"
WHOLE = "#camera:not([data-zoomed])"


@pytest.fixture
def live(shared: Page) -> Page:
    """Not zoomed, and nothing has the focus."""
    shared.evaluate("document.activeElement.blur()")
    shared.mouse.move(0, 0)
    shared.keyboard.press("0")
    shared.wait_for_selector(WHOLE)
    return shared


# A gesture's module comes with the pointer. Settled later than the page's own wait for it.
ZOOM_IS_THERE = """async () => {
    while (!petcamModules["live/zoom.js"]) await new Promise((next) => setTimeout(next, 20));
    await new Promise((settled) => setTimeout(settled));
}"""


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(".picture").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def layers(page: Page) -> dict[str, Any]:
    """All layers lie on one another, and cover the picture's place."""
    found: dict[str, Any] = page.evaluate(LAYERS)
    first, *others = found["layers"]
    assert all(other == first for other in others), "the boxes go along"
    place = found["place"]
    for low, high in (("left", "right"), ("top", "bottom")):
        assert first[low] <= place[low] + 0.5 and first[high] >= place[high] - 0.5, "no gap at the edge"
    return {**first, "place": place}


def test_the_wheel_zooms_with_ctrl_and_scrolls_the_page_without(live: Page) -> None:
    live.mouse.move(*middle(live))
    live.mouse.wheel(0, 60)
    live.wait_for_function("() => scrollY > 0")
    assert live.locator(ZOOMED).count() == 0
    live.evaluate("scrollTo(0, 0)")
    live.wait_for_function("() => scrollY === 0")
    live.keyboard.down("Control")
    live.mouse.wheel(0, -300)
    live.keyboard.up("Control")
    live.wait_for_selector(ZOOMED)
    width = layers(live)["width"]
    live.mouse.wheel(0, -100)
    live.wait_for_function(
        "(width) => document.getElementById('zoomed').getBoundingClientRect().width > width", arg=width
    )
    live.mouse.wheel(0, 5000)
    live.wait_for_selector(WHOLE)
    assert live.evaluate("[scrollY, visualViewport.scale]") == [0, 1]
    live.mouse.wheel(0, 60)
    live.wait_for_function("() => scrollY > 0")
    live.evaluate("scrollTo(0, 0)")


def test_two_presses_zoom_where_they_are_and_two_more_go_back(live: Page) -> None:
    x, y = middle(live)
    live.mouse.move(x, y)
    live.evaluate(ZOOM_IS_THERE)
    live.mouse.dblclick(x - 100, y - 50)
    live.wait_for_selector(ZOOMED)
    before = layers(live)
    assert before["width"] == pytest.approx(2.5 * before["place"]["width"], rel=0.01)
    live.mouse.move(x, y)
    live.mouse.down()
    live.mouse.move(x - 40, y - 20, steps=4)
    live.mouse.up()
    after = layers(live)
    assert [after["left"] - before["left"], after["top"] - before["top"]] == pytest.approx([-40, -20], abs=1)
    live.mouse.dblclick(x, y)
    live.wait_for_selector(WHOLE)
    assert layers(live)["width"] == pytest.approx(before["place"]["width"], abs=0.5)


def test_the_keys_zoom_and_move_the_picture(live: Page) -> None:
    scroll = "[scrollX, scrollY]"
    live.keyboard.press("+")
    live.keyboard.press("+")
    live.wait_for_function(SCALED, arg=1.25**2)
    before = layers(live)
    live.keyboard.press("ArrowRight")
    live.keyboard.press("ArrowDown")
    live.wait_for_function(
        "(left) => document.getElementById('zoomed').getBoundingClientRect().left < left", arg=before["left"]
    )
    assert layers(live)["top"] < before["top"]
    for _ in range(9):
        live.keyboard.press("ArrowDown")
    assert layers(live)["bottom"] >= before["place"]["bottom"] - 0.5  # no further than to its edge
    assert live.evaluate(scroll) == [0, 0]
    live.keyboard.press("-")
    live.wait_for_function(SCALED, arg=1.25)
    live.keyboard.press("0")
    live.wait_for_selector(WHOLE)


def test_the_menu_zooms_too_and_stays(live: Page) -> None:
    live.locator("#choices").click()
    closer, farther = (live.get_by_role("button", name=name, exact=True) for name in ("拡大", "縮小"))
    closer.click()
    closer.click()
    live.wait_for_function(SCALED, arg=1.25**2)
    farther.click()
    farther.click()
    live.wait_for_selector(WHOLE)
    live.keyboard.press("Escape")
    expect(live.locator("#choice-menu")).to_be_hidden()


def test_what_was_in_the_middle_stays_there_when_the_picture_gets_another_place(live: Page) -> None:
    middle_of_picture = """() => {
        const place = document.querySelector(".picture").getBoundingClientRect();
        const { width, height, left, top } = document.getElementById("bbox-canvas").getBoundingClientRect();
        const { width: across, height: down } = petcam.overlay.picture;
        const scale = Math.min(width / across, height / down);
        const [x, y] = [place.left + place.width / 2, place.top + place.height / 2];
        return [(x - left - (width - across * scale) / 2) / scale, (y - top - (height - down * scale) / 2) / scale];
    }"""
    for key in ("+", "+", "+", "ArrowRight", "ArrowDown"):
        live.keyboard.press(key)
    live.wait_for_function(SCALED, arg=1.25**3)
    before = live.evaluate(middle_of_picture)
    live.set_viewport_size({"width": 400, "height": 600})
    live.evaluate("document.getElementById('camera').classList.add('filling')")  # as the whole screen does
    live.wait_for_function("() => document.querySelector('.picture').clientHeight === 600")
    live.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    x, _ = live.evaluate(middle_of_picture)
    assert x == pytest.approx(before[0], abs=2)
    found = layers(live)
    picture_height = found["width"] * 9 / 16
    assert picture_height < 600, "smaller than its place: it is in the middle"
    assert found["top"] + found["height"] / 2 == pytest.approx(300, abs=1)
    for _ in range(3):
        live.keyboard.press("+")
    live.wait_for_function(SCALED, arg=1.25**6)
    for _ in range(12):
        live.keyboard.press("ArrowDown")
    found = layers(live)
    edge = found["top"] + found["height"] / 2 + found["width"] * 9 / 32
    assert edge == pytest.approx(600, abs=1), "no further than to the picture's edge"
    live.evaluate("document.getElementById('camera').classList.remove('filling')")
    live.set_viewport_size({"width": 700, "height": 520})


def test_lines_and_labels_stay_as_they_are_in_a_zoomed_picture(live: Page) -> None:
    live.wait_for_function("() => petcam.overlay.state.detections.length > 0")
    font = """new Promise((seen) => {
        const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function (...all) {
            CanvasRenderingContext2D.prototype.fillText = fillText;
            fillText.apply(this, all);
            const shown = document.getElementById("bbox-canvas").getBoundingClientRect().width;
            seen(parseFloat(this.font.split(" ")[1]) * this.getTransform().a * (shown / this.canvas.width));
        };
    })"""
    whole = live.evaluate(font)
    for _ in range(3):
        live.keyboard.press("+")
    live.wait_for_function(SCALED, arg=1.25**3)
    assert live.evaluate(font) == pytest.approx(whole, rel=0.02), "as large on the screen"
    live.keyboard.press("0")
    live.wait_for_selector(WHOLE)


def test_two_fingers_zoom_one_moves_and_two_taps_go_back(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#photo")
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        all_points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": all_points})

    x, y = middle(page)
    touch("touchStart", (x, y))
    touch("touchEnd")
    page.evaluate(ZOOM_IS_THERE)
    touch("touchStart", (x - 20, y), (x + 20, y))
    for apart in range(25, 65, 5):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    page.wait_for_selector(ZOOMED)
    before = layers(page)
    touch("touchStart", (x, y))
    for step in range(10, 50, 10):
        touch("touchMove", (x + step, y + step))
    touch("touchEnd")
    assert layers(page)["left"] > before["left"]
    assert page.evaluate("[scrollY, visualViewport.scale]") == [0, 1]
    for _ in range(2):
        touch("touchStart", (x, y))
        touch("touchEnd")
    page.wait_for_selector(WHOLE)
