"""The page of places: drawn over the picture by a finger, the mouse or the keyboard, saved at once, taken back."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo_system import DemoSystem
from tests.browser.rules import broken, page_with_rules
from tests.browser.test_settings_page import PHONE, READY

pytestmark = pytest.mark.needs_python("places")

NewPage = Callable[..., Page]
Places = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def places(system: DemoSystem) -> Iterator[Places]:
    """What is on the disk; nothing is when it begins and ends."""
    file, settings = system.directory / "places.json", system.directory / "settings.json"
    for each in (file, settings):
        each.unlink(missing_ok=True)
    yield lambda: json.loads(file.read_text())["places"]
    for each in (file, settings):
        each.unlink(missing_ok=True)


@pytest.fixture
def page(system: DemoSystem, places: object, new_page: NewPage) -> Page:
    return opened(new_page(base_url=system.url, locale="en-GB"))


def opened(page: Page) -> Page:
    page.goto("/places")
    page.wait_for_selector(READY)
    page.wait_for_selector("#picture:not([hidden])")
    return page


def said(page: Page) -> Locator:
    return page.locator("#places .said")


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    """Of the picture's parts, on the screen."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*point(page, *start))
    page.mouse.down()
    page.mouse.move(*point(page, *end), steps=4)
    page.mouse.up()


def near(points: list[list[float]], *wanted: tuple[float, float]) -> bool:
    return points == [[pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01)] for x, y in wanted]


def test_a_place_is_drawn_named_moved_by_a_corner_deleted_and_taken_back(page: Page, places: Places) -> None:
    expect(page.locator("#places-none")).to_be_visible()
    drag(page, (0.2, 0.3), (0.5, 0.7))
    expect(said(page)).to_have_text("Saved · Undo")
    assert near(places()[0]["points"], (0.2, 0.3), (0.5, 0.3), (0.5, 0.7), (0.2, 0.7))
    name = page.get_by_label("Name of place 1")
    expect(name).to_be_focused()
    expect(name).to_have_value("Place 1")
    page.keyboard.type("Sofa")
    with page.expect_response("**/api/places"):
        page.keyboard.press("Enter")
    expect(page.locator(".place-name")).to_have_text("Sofa")
    with page.expect_response("**/api/places"):
        drag(page, (0.5, 0.7), (0.6, 0.9))
    page.reload()
    page.wait_for_selector(READY)
    (place,) = places()
    assert place["name"] == "Sofa" and near(place["points"], (0.2, 0.3), (0.5, 0.3), (0.6, 0.9), (0.2, 0.7))
    page.get_by_role("button", name="Remove Sofa").click()
    expect(said(page)).to_have_text("Saved · Undo")  # nothing stood there before
    expect(page.locator("#place-add")).to_be_focused()
    assert places() == []
    said(page).get_by_role("button").click()
    expect(said(page)).to_have_text("As it was before")
    assert places() == [place]
    expect(page.locator(".shape")).to_have_count(1)


def test_by_the_keyboard_alone(page: Page, places: Places) -> None:
    page.locator("#place-add").focus()
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text("Saved · Undo")
    page.keyboard.type("Bowl")
    with page.expect_response("**/api/places"):
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Bowl: corner 3").focus()
    with page.expect_response("**/api/places"):
        for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown"):
            page.keyboard.press(key)
    assert near(places()[0]["points"], (0.35, 0.35), (0.65, 0.35), (0.67, 0.7), (0.35, 0.65))
    page.get_by_role("button", name="Bowl: move all of it").focus()
    page.keyboard.press("Shift+ArrowUp")
    with page.expect_response("**/api/places"):  # at once where one goes on
        page.keyboard.press("Tab")
    assert near(places()[0]["points"], (0.35, 0.3), (0.65, 0.3), (0.67, 0.65), (0.35, 0.6))


def test_names_are_given_and_differ(page: Page, places: Places) -> None:
    for _ in range(2):
        with page.expect_response("**/api/places"):
            page.locator("#place-add").click()
    first, second = page.get_by_label("Name of place 1"), page.get_by_label("Name of place 2")
    second.fill("Place 1")
    second.press("Enter")
    expect(said(page)).to_have_text("There is a place of that name already.")
    expect(second).to_have_value("Place 2")
    first.fill(" ")
    first.press("Enter")
    expect(said(page)).to_have_text("Give it a name.")
    assert [place["name"] for place in places()] == ["Place 1", "Place 2"]


def test_what_is_not_saved_is_said_and_the_picture_is_as_before(page: Page) -> None:
    page.route("**/api/places", lambda route: route.fulfill(status=507, json={"error": "State not written"}))
    page.locator("#place-add").click()
    expect(said(page)).to_contain_text("Nothing was changed: the camera’s disk is full")
    expect(page.locator(".shape")).to_have_count(0)


def test_by_a_finger_on_a_phone(system: DemoSystem, places: Places, new_page: NewPage) -> None:
    page = opened(new_page(base_url=system.url, locale="ja-JP", has_touch=True, is_mobile=True, **PHONE))
    touch = page.context.new_cdp_session(page)

    def swipe(*way: tuple[float, float]) -> None:
        kinds = ["touchStart", *["touchMove"] * (len(way) - 1)]
        for kind, (x, y) in zip(kinds, (point(page, *each) for each in way), strict=True):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe((0.3, 0.2), (0.4, 0.4), (0.7, 0.8))
    expect(said(page)).to_contain_text("保存しました")
    assert near(places()[0]["points"], (0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8))
    expect(page.get_by_label("場所 1 の名前")).not_to_be_focused()  # its keyboard would hide the picture
    with page.expect_response("**/api/places"):
        swipe((0.3, 0.2), (0.25, 0.2), (0.1, 0.1))
    assert near(places()[0]["points"], (0.1, 0.1), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8))


def test_while_the_camera_is_off_there_is_a_field_that_says_so(
    system: DemoSystem, places: Places, new_page: NewPage
) -> None:
    page = new_page(base_url=system.url, locale="en-GB")
    off = {"error": "Camera off", "message": "off"}
    page.route("**/snapshot.jpg*", lambda route: route.fulfill(status=503, json=off))
    page.goto("/places")
    expect(page.locator("#picture-note")).to_have_text("The camera is off. You can draw all the same.")
    box = page.locator("#map").bounding_box()
    assert box is not None and box["width"] / box["height"] == pytest.approx(16 / 9, abs=0.02)
    drag(page, (0.2, 0.3), (0.5, 0.7))
    expect(said(page)).to_have_text("Saved · Undo")
    page.unroute("**/snapshot.jpg*")
    page.locator("#picture-again").click()
    expect(page.locator("#picture")).to_be_visible()


def test_the_settings_tell_of_some_places_alone(system: DemoSystem, places: Places, new_page: NewPage) -> None:
    page = new_page(base_url=system.url, locale="en-GB")
    square = [[0, 0], [1, 0], [1, 1]]
    names = [{"name": "Sofa", "points": square}, {"name": "Bowl", "points": square}]
    page.request.put(f"{system.url}api/places", data={"places": names})
    page.goto("/settings")
    page.wait_for_selector(READY)
    everywhere, sofa = page.get_by_label("Everywhere"), page.get_by_label("Sofa")
    expect(everywhere).to_be_checked()

    def chosen() -> list[str]:
        found: list[str] = json.loads((system.directory / "settings.json").read_text())["notify"]["places"]
        return found

    with page.expect_response("**/api/settings"):
        sofa.click()
    expect(page.locator("#where .said")).to_have_text("Saved · Undo")
    expect(everywhere).not_to_be_checked()
    assert chosen() == ["Sofa"]
    with page.expect_response("**/api/settings"):
        sofa.click()
    expect(everywhere).to_be_checked()
    assert chosen() == []
    with page.expect_response("**/api/settings"):
        sofa.click()
    with page.expect_response("**/api/settings"):
        everywhere.click()
    expect(sofa).not_to_be_checked()
    assert chosen() == []
    page.get_by_role("link", name="Add or change places").click()
    page.wait_for_url("**/places")


@pytest.mark.parametrize(
    ("locale", "scheme", "width", "height"),
    [("ja-JP", "dark", 390, 844), ("ja-JP", "dark", 320, 568), ("en-GB", "light", 1366, 768)],
    ids=["phone", "small phone", "desktop"],
)
def test_no_rule_is_broken_and_nothing_lies_beside_the_page(
    system: DemoSystem, places: object, new_page: NewPage, locale: str, scheme: str, width: int, height: int
) -> None:
    page = page_with_rules(new_page, system, locale, scheme, width, height)
    corner = {"name": "W" * 32, "points": [[0.9, 0], [1, 0], [1, 0.1], [0.9, 0.1]]}
    page.request.put(f"{system.url}api/places", data={"places": [corner]})
    opened(page)
    assert broken(page) == []
    drag(page, (0.1, 0.4), (0.5, 0.9))
    drag(page, (0.6, 0.5), (1, 1))
    expect(page.locator("#places .undo")).to_be_visible()
    name, picture = page.locator(".place-name").first.bounding_box(), page.locator("#map").bounding_box()
    assert name is not None and picture is not None
    assert name["x"] >= picture["x"] and name["x"] + name["width"] <= picture["x"] + picture["width"] + 1
    assert broken(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_policy_for_scripts_and_styles_is_not_broken(system: DemoSystem, places: object, new_page: NewPage) -> None:
    page = new_page(base_url=system.url, locale="ja-JP", **PHONE)
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    opened(page)
    drag(page, (0.1, 0.4), (0.5, 0.9))
    expect(said(page)).to_contain_text("保存しました")
    assert broken == []
