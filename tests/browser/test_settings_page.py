"""The page of settings: each is saved when it is changed, and can be taken back; by keyboard, on a phone, in words."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.demo_system import DemoSystem
from tests.browser.rules import broken, page_with_rules

pytestmark = pytest.mark.needs_python("settings")

NewPage = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}}
READY = "body[data-ready]"
# By the keyboard; what that does not reach, a press does not either.
IS_REACHED = "(control) => { control.focus(); return control === document.activeElement; }"


@pytest.fixture
def settings(system: DemoSystem) -> Iterator[Callable[[], dict[str, Any]]]:
    """What is on the disk; nothing is when it begins and ends."""
    file = system.directory / "settings.json"
    file.unlink(missing_ok=True)
    yield lambda: json.loads(file.read_text())
    file.unlink(missing_ok=True)


@pytest.fixture
def page(system: DemoSystem, settings: object, new_page: NewPage) -> Page:
    return opened(new_page(base_url=system.url, locale="en-GB"))


def opened(page: Page) -> Page:
    page.goto("/settings")
    page.wait_for_selector(READY)
    return page


def said(page: Page, setting: str) -> Locator:
    return page.locator(f"{setting} .said")


@pytest.mark.parametrize(
    ("path", "script", "control"), [("/settings", "main", "#home"), ("/places", "places_main", "#places button")]
)
def test_nothing_can_be_changed_before_a_script_hears_it(
    system: DemoSystem, new_page: NewPage, path: str, script: str, control: str
) -> None:
    page = new_page(base_url=system.url, locale="en-GB")
    held: list[Route] = []
    page.route(f"**/settings/{script}.js", lambda route: held.append(route))
    page.goto(path, wait_until="commit")
    found = page.locator(control).first
    found.wait_for()
    assert not found.evaluate(IS_REACHED)
    while not held:
        page.wait_for_timeout(20)  # lets the route be heard
    held[0].continue_()
    page.wait_for_selector(READY)
    assert found.evaluate(IS_REACHED)


def test_a_change_is_saved_at_once_and_can_be_taken_back(page: Page, settings: Callable[[], dict[str, Any]]) -> None:
    home = page.locator("#home")
    expect(home).to_be_checked()
    home.click()
    expect(said(page, "[data-key=home]")).to_have_text("Saved · Undo")
    assert settings()["home"] is False
    page.reload()
    page.wait_for_selector(READY)
    expect(home).not_to_be_checked()
    home.click()
    said(page, "[data-key=home]").get_by_role("button").click()
    expect(said(page, "[data-key=home]")).to_have_text("As it was before")
    expect(home).not_to_be_checked()
    expect(home).to_be_focused()
    assert settings()["home"] is False


def test_all_that_is_chosen_from_a_list_is_saved(page: Page, settings: Callable[[], dict[str, Any]]) -> None:
    page.locator("#cooldown").select_option("60")
    expect(said(page, "[data-key='notify.cooldown_minutes']")).to_have_text("Saved · Undo")
    page.locator("#mode").select_option("visits")
    expect(said(page, "[data-key=recording_mode]")).to_have_text("Saved · Undo")
    page.locator("#language").select_option("ja")
    expect(said(page, "[data-key=language]")).to_have_text("Saved · Undo")
    found = settings()
    assert (found["notify"]["cooldown_minutes"], found["recording_mode"], found["language"]) == (60, "visits", "ja")
    said(page, "[data-key=recording_mode]").get_by_role("button").click()
    expect(page.locator("#mode")).to_have_value("")
    expect(said(page, "[data-key=recording_mode]")).to_have_text("As it was before")
    assert settings()["recording_mode"] is None


def test_what_is_not_saved_is_said_beside_it_and_the_control_is_as_before(page: Page) -> None:
    answers = [
        {"status": 507, "json": {"error": "State not written", "message": "the disk is full"}},
        {"status": 400, "json": {"error": "Bad request", "message": '"home" must be true or false'}},
    ]
    page.route("**/api/settings", lambda route: route.fulfill(**answers.pop(0)))
    page.locator("#home").click()
    expect(said(page, "[data-key=home].setting")).to_contain_text("Nothing was changed: the camera’s disk is full")
    expect(page.locator("#home")).to_be_checked()
    page.locator("#home").click()
    expect(said(page, "[data-key=home]")).to_have_text('"home" must be true or false')
    expect(page.locator("#home")).to_be_checked()
    page.unroute("**/api/settings")
    page.route("**/api/settings", lambda route: route.abort())
    page.locator("#visits").click()
    expect(said(page, "[data-key='notify.visits']")).to_have_text("The camera cannot be reached. Check the network.")
    expect(page.locator("#visits")).to_be_checked()


def test_quiet_hours_are_those_of_the_clocks(page: Page, settings: Callable[[], dict[str, Any]]) -> None:
    expect(page.locator("#quiet-times")).to_be_hidden()
    page.locator("#quiet-on").click()
    expect(said(page, "#quiet")).to_have_text("Saved · Undo")
    expect(page.locator("#quiet-next-day")).to_have_text("on the next day")
    page.locator("#quiet-to").fill("23:30")
    expect(page.locator("#quiet-next-day")).to_be_empty()
    expect(said(page, "#quiet")).to_have_text("Saved · Undo")
    assert settings()["notify"]["quiet"] == {"from": "22:00", "to": "23:30"}
    said(page, "#quiet").get_by_role("button").click()
    expect(page.locator("#quiet-to")).to_have_value("07:00")
    page.locator("#quiet-from").fill("")
    expect(said(page, "#quiet")).to_have_text("Enter both times.")
    page.locator("#quiet-on").click()
    expect(page.locator("#quiet-times")).to_be_hidden()
    expect(said(page, "#quiet")).to_have_text("Saved · Undo")
    assert settings()["notify"]["quiet"] is None


def test_at_least_one_pet_stays_chosen_and_all_of_them_are_none(
    page: Page, settings: Callable[[], dict[str, Any]]
) -> None:
    cat, dog = page.get_by_label("cat"), page.get_by_label("dog")
    dog.click()
    expect(said(page, "#classes")).to_have_text("Saved · Undo")
    assert settings()["notify"]["classes"] == ["cat"]
    cat.click()
    expect(said(page, "#classes")).to_contain_text("Leave at least one selected")
    expect(cat).to_be_checked()
    dog.click()
    expect(said(page, "#classes")).to_have_text("Saved · Undo")
    assert settings()["notify"]["classes"] == []


def test_messages_are_muted_and_come_again(page: Page, settings: Callable[[], dict[str, Any]]) -> None:
    page.locator("#mute-hour").click()
    expect(page.locator("#mute-state")).to_contain_text("No messages until")
    first = settings()["mute_until"]
    page.locator("#mute-tomorrow").click()
    expect(page.locator("#mute-state")).to_contain_text("07:00")
    said(page, "#mute").get_by_role("button").click()
    expect(said(page, "#mute")).to_have_text("As it was before")
    assert settings()["mute_until"] == first
    page.locator("#mute-end").press("Enter")
    expect(page.locator("#mute-state")).to_have_text("Messages come as set below.")
    expect(page.locator("#mute-hour")).to_be_focused()
    assert settings()["mute_until"] is None


def test_what_was_muted_elsewhere_is_seen_once_one_is_back(page: Page, system: DemoSystem) -> None:
    page.request.put(f"{system.url}api/settings", data={"mute": 60})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#mute-state")).to_contain_text("No messages until")


def test_the_week_is_set_by_the_keyboard_alone(page: Page, settings: Callable[[], dict[str, Any]]) -> None:
    page.locator("#week-add").focus()
    page.keyboard.press("Enter")
    expect(said(page, "#week")).to_have_text("Choose the days to save it.")
    expect(page.get_by_label("Monday")).to_be_focused()
    assert page.locator("#week-rows > .row").count() == 1
    page.keyboard.press("Space")
    expect(said(page, "#week")).to_have_text("Saved · Undo")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelectorAll('#week-rows input:checked').length === 2")
    with page.expect_response(lambda answer: "08:00" in (answer.request.post_data or "")):
        page.get_by_label("To").last.fill("08:00")
    expect(page.locator("#week-rows .next-day")).to_have_text("on the next day")
    page.reload()
    page.wait_for_selector(READY)
    assert settings()["schedule"] == [{"days": [0, 1], "from": "09:00", "to": "08:00"}]
    expect(page.get_by_label("Tuesday")).to_be_checked()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#week-rows > .row")).to_have_count(0)
    expect(page.locator("#week-add")).to_be_focused()
    said(page, "#week").get_by_role("button").click()
    expect(page.get_by_label("Tuesday")).to_be_checked()
    assert len(settings()["schedule"]) == 1
    with page.expect_response("**/api/settings"):
        page.get_by_label("Monday").press("Space")
    page.get_by_label("Tuesday").press("Space")
    expect(said(page, "#week")).to_have_text("Choose the days to save it.")
    assert settings()["schedule"][0]["days"] == [1]


def test_each_way_says_how_it_goes_and_a_test_what_came_of_it(page: Page) -> None:
    expect(page.locator("#ways-none")).to_be_visible()
    ways = {"ntfy://ntfy.sh": "", "mqtt://broker": {"error": "no answer", "failing_since": 1_795_832_561}}
    page.route("**/api/settings/ways", lambda route: route.fulfill(json={"ways": ways}))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".way[data-state=good]")).to_have_text("ntfy://ntfy.shworks")
    expect(page.locator(".way[data-state=failing]")).to_contain_text("no answer")
    outcomes = [{"ways": ways}, {"ways": {"ntfy://ntfy.sh": ""}}, {"ways": {}}, {"ways": None}]

    def tried(route: Route) -> None:
        route.fulfill(json=outcomes.pop(0))

    page.route("**/api/settings/test", tried)
    for words in ("Not every message", "A test message was sent", "No way is set up", "sends no messages yet"):
        page.locator("#test").click()
        expect(said(page, "#ways")).to_contain_text(words)
        expect(page.locator("#test")).to_be_enabled()


@pytest.mark.parametrize(
    ("locale", "scheme", "width", "height"),
    [("ja-JP", "dark", 390, 844), ("ja-JP", "dark", 320, 568), ("en-GB", "light", 1366, 768)],
    ids=["phone", "small phone", "desktop"],
)
def test_no_rule_is_broken_and_nothing_lies_beside_the_page(
    system: DemoSystem, settings: object, new_page: NewPage, locale: str, scheme: str, width: int, height: int
) -> None:
    page = page_with_rules(new_page, system, locale, scheme, width, height)
    opened(page)
    assert broken(page) == []
    page.locator("#quiet-on").click()
    page.locator("#mute-hour").click()
    page.locator("#week-add").click()
    page.locator("#week-rows .pick").first.click()
    page.wait_for_selector("#week .undo")
    page.wait_for_selector("#mute .undo")
    assert broken(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    low = "[...document.querySelectorAll('main button:not([hidden]), main select, main .pick, main .line:not(p)')]"
    assert (
        page.evaluate(f"{low}.filter((each) => each.getBoundingClientRect().height < 40).map((e) => e.outerHTML)") == []
    )


def test_the_policy_for_scripts_and_styles_is_not_broken(
    system: DemoSystem, settings: object, new_page: NewPage
) -> None:
    page = new_page(base_url=system.url, locale="ja-JP", **PHONE)
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    opened(page)
    page.locator("#week-add").click()
    page.locator("#home").click()
    page.wait_for_selector("[data-key=home] .undo")
    assert broken == []
