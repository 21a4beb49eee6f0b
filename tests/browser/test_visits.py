"""Who was seen last, and today's visits below the picture. What petcam has noticed is what the test says."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.fake_events import HOUR, JPEG, MINUTE, FakeEvents, visit
from tests.browser.rules import AXE, broken

pytestmark = pytest.mark.needs_python("visits")

NewPage = Callable[..., Page]
Open = Callable[..., Page]
LIVE = "#camera[data-video=live]"
NOW = 1795757640.0  # 2026-11-27 14:34 in Tokyo, 05:34 UTC
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
HOLD_LIST = """() => {
    const { fetch } = window;
    window.fetch = async (url, init) => {
        const answer = await fetch(url, init);
        if (window.release || !`${url}`.includes("/api/events?")) return answer;
        const body = await answer.text(); // so that it comes however late it is
        await new Promise((go) => (window.release = go));
        return new Response(body, answer);
    };
}"""
SAID = ".visits-said"
RECORDS = {"recording": False, "kind": "visit", "filename": "", "error": "", "reason": ""}


def ago(id: int, begin: float, length: float, **more: Any) -> dict[str, Any]:
    """A visit that began so many seconds before now."""
    return visit(id, NOW - begin, NOW - begin + length, **more)


CAT = ago(2, 14 * MINUTE, 2 * MINUTE)
DOG = ago(1, 90 * MINUTE, MINUTE, **{"class": "dog"})
HERE = ago(3, 32 * MINUTE, 31 * MINUTE, open=True, video="none", recordings=[])
ASLEEP = {**HERE, "still": True, "asleep": [[NOW - 25 * MINUTE, HERE["end"]]]}
YESTERDAY = ago(1, 20 * HOUR, 5 * MINUTE)


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    with FakeEvents(NOW, [CAT]) as running:
        yield running


@pytest.fixture
def open_page(system: DemoSystem, new_page: NewPage, fake: FakeEvents) -> Iterator[Open]:
    """Opens the page in English, once it is known who was seen; the board is in Tokyo."""

    pages: list[Page] = []

    def open_(
        zone: str = "Asia/Tokyo", role: str = "owner", by_itself: object = RECORDS, prepare: Any = None, **options: Any
    ) -> Page:
        page = new_page(**{"locale": "en-GB", "base_url": system.url, **options})
        pages.append(page)
        page.add_init_script(
            f"""addEventListener("DOMContentLoaded", () => {{
                if (!document.body.dataset.role) return;
                Object.assign(document.body.dataset, {{ zone: "{zone}", role: "{role}" }});
            }})"""
        )
        if prepare:
            prepare(page)
        fake.answer(page)
        page.route("**/api/go/health", lambda route: tell_health(route, by_itself))
        page.goto("/")
        page.wait_for_selector(LIVE)
        page.evaluate(PETCAM)
        page.wait_for_selector("#latest:not([hidden])")
        return page

    yield open_
    for page in pages:
        page.unroute_all(behavior="wait")


def tell_health(route: Route, by_itself: object) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "by_itself": by_itself})


def said(page: Page) -> str:
    return " ".join((page.locator(SAID).text_content() or "").split())


def expect_said(page: Page, words: str) -> None:
    expect(page.locator(SAID)).to_have_text(words)


@pytest.mark.parametrize(
    ("visits", "english", "japanese"),
    [
        ([HERE], "Here now: cat, since 14:02 ", "今いるのは、猫（14:02 から） "),
        ([ASLEEP], "Here now: cat, since 14:02, asleep ", "今いるのは、猫（14:02 から・睡眠中） "),
        ([CAT], "Last seen: cat, 14:22 (12 min ago)", "最後に見かけたのは、猫（14:22） 12 分前"),
        (
            [YESTERDAY],
            "Nobody seen today Last seen: cat, yesterday 18:39",
            "今日はまだ見かけていません 最後に見かけたのは、猫（昨日 18:39）",
        ),
        (
            [{**HERE, "class": "dog", "id": 4, "begin": NOW - 600}, ASLEEP],
            "Here now: cat, since 14:02, asleep; dog, since 14:24 ",
            "今いるのは、猫（14:02 から・睡眠中）、犬（14:24 から） ",
        ),
        ([HERE, DOG], "Here now: cat, since 14:02 Also seen: dog, 13:05", None),
        ([CAT, DOG], "Last seen: cat, 14:22 (12 min ago) · Also seen: dog, 13:05", None),
        ([{**CAT, "most": 2, "class": "rabbit"}], "Last seen: rabbit ×2, 14:22 (12 min ago)", None),
        ([{**CAT, "sure": "guessed"}], "Last seen: cat, about 14:22 (12 min ago)", None),
        ([{**HERE, "end": NOW - HOUR, "begin": NOW - 2 * HOUR}], "Last seen: cat, 13:34 (1 h ago)", None),
    ],
    ids=["here", "asleep", "last", "nobody", "two here", "one here", "two pets", "two at once", "guessed", "stale"],
)
def test_it_says_who_is_here_or_was_seen_last(
    fake: FakeEvents, open_page: Open, visits: list[dict[str, Any]], english: str, japanese: str | None
) -> None:
    fake.visits = visits
    expect_said(open_page(), english)
    if japanese:
        expect_said(open_page(locale="ja-JP"), japanese)


def test_how_long_ago_counts_on_and_is_right_on_a_phone_whose_clock_is_wrong(open_page: Open) -> None:
    page = open_page(prepare=lambda page: page.clock.install(time="2001-01-01T00:00:00Z"))
    assert page.evaluate("new Date().getFullYear()") == 2001
    expect_said(page, "Last seen: cat, 14:22 (12 min ago)")
    page.clock.fast_forward(60_000 * 49)
    expect_said(page, "Last seen: cat, 14:22 (1 h 1 min ago)")
    page.clock.fast_forward(60_000 * 60 * 10)
    expect_said(page, "Nobody seen today Last seen: cat, yesterday 14:22")
    expect(page.locator(".visit")).to_have_count(0)


def test_times_are_the_boards_for_a_viewer_elsewhere_also_in_the_night_of_daylight_saving(
    fake: FakeEvents, open_page: Open
) -> None:
    end_of_summer = 1792886400.0  # 2026-10-25 00:00 UTC; at 01:00 UTC it is 3:00, and 2:00 again, in Berlin
    fake.now = end_of_summer + 3 * HOUR
    begins = [end_of_summer + minutes * MINUTE for minutes in (30, 90, 150)]
    fake.visits = [visit(id, begin, begin + MINUTE) for id, begin in reversed(list(enumerate(begins, 1)))]
    page = open_page(zone="Europe/Berlin", timezone_id="America/New_York")
    expect(page.locator(".visit-time")).to_have_text(["03:30", "02:30", "02:30"])


def test_times_are_the_viewers_where_the_boards_zone_has_no_name(open_page: Open) -> None:
    page = open_page(zone="CET-1CEST", timezone_id="America/New_York")
    expect_said(page, "Last seen: cat, 00:22 (12 min ago)")


def test_the_page_brings_the_boards_zone_along(page: Page) -> None:
    zone = page.evaluate("document.body.dataset.zone")
    assert page.evaluate("zone => new Intl.DateTimeFormat('en', { timeZone: zone }).format(0)", zone)


def test_where_nothing_was_ever_noticed_there_is_no_strip_and_one_request(fake: FakeEvents, open_page: Open) -> None:
    fake.visits = []
    page = open_page()
    for _ in range(2):  # looks at the server's health
        with page.expect_response("**/api/go/health"):
            pass
    expect(page.locator("#visits")).to_be_hidden()
    expect(page.locator("#latest")).to_be_visible()
    assert len(fake.asked) == 1, fake.asked


def test_the_first_visit_ever_is_shown_to_who_was_watching_before(fake: FakeEvents, open_page: Open) -> None:
    fake.visits = []
    page = open_page(prepare=lambda page: page.clock.install())
    expect(page.locator("#visits")).to_be_hidden()
    fake.visits = [CAT]
    page.clock.fast_forward(30_000)
    expect_said(page, "Last seen: cat, 14:22 (12 min ago)")
    fake.wait_until(lambda it: it.listeners == 1)


def test_a_visit_is_shown_as_it_begins_changes_and_ends(fake: FakeEvents, open_page: Open) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.wait_until(lambda it: len(it.lists) >= 2)
    came = ago(9, 5, 4, open=True, video="none", recordings=[])
    fake.tell("begin", came)
    expect(page.locator(".visit-time")).to_have_text(["14:33", "14:20"])
    expect(page.locator(".visit").first.locator(".visit-mark")).to_have_text("here now")
    expect(page.locator(".visit-video")).to_have_text(["", ""])
    assert said(page).startswith("Here now: cat, since 14:33")
    fake.tell("change", {**came, "video": "here", "recordings": [{"name": "new.mp4", "offset": 5.0}]})
    expect(page.locator("a.visit-open[href]")).to_have_count(2)
    fake.tell("end", {**came, "open": False, "end": NOW})
    expect(page.locator(".visit-mark:not(:empty)")).to_have_count(0)
    expect(page.locator(".visit-video")).to_have_text(["not recorded", ""])
    expect_said(page, "Last seen: cat, 14:34 (just now)")


def test_what_is_no_visit_is_not_shown(fake: FakeEvents, open_page: Open) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.tell("end", ago(8, 5, 1, kind="sound", **{"class": "bark"}))
    fake.tell("begin", ago(9, 5, 4, open=True))
    expect(page.locator(".visit")).to_have_count(2)
    assert all("kind=visit" in path for path in fake.lists)


def test_after_a_stream_has_failed_it_is_opened_anew_and_the_list_read_again(fake: FakeEvents, open_page: Open) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.wait_until(lambda it: len(it.lists) >= 2)
    fake.visits = [ago(9, 5, 4, open=True), CAT]  # nobody is told
    before = len(fake.lists)
    fake.drop()
    fake.wait_until(lambda it: len(it.lists) >= before + 1)
    expect(page.locator(".visit")).to_have_count(2)
    fake.wait_until(lambda it: it.listeners == 1)


def test_a_hidden_page_asks_for_nothing_and_reads_the_list_again_once_it_is_seen(
    fake: FakeEvents, open_page: Open
) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.wait_until(lambda it: len(it.lists) >= 2)
    asked = list(fake.asked)
    page.evaluate(HIDE, True)
    fake.wait_until(lambda it: it.listeners == 0)
    fake.visits = [ago(9, 5, 4, open=True), CAT]
    page.wait_for_timeout(1500)  # for what must not come: longer than a stream is waited for
    assert [path for path in fake.asked[len(asked) :] if "picture" not in path] == []
    page.evaluate(HIDE, False)
    expect(page.locator(".visit")).to_have_count(2)
    fake.wait_until(lambda it: it.listeners == 1)


def test_a_list_that_comes_behind_a_newer_one_is_not_shown(fake: FakeEvents, open_page: Open) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.wait_until(lambda it: len(it.lists) >= 2)
    page.evaluate(HOLD_LIST)
    page.evaluate(HIDE, True)
    fake.wait_until(lambda it: it.listeners == 0)
    page.evaluate(HIDE, False)
    page.wait_for_function("() => typeof release === 'function'")
    fake.wait_until(lambda it: it.listeners == 1)
    fake.visits = [ago(9, 5, 4, open=True), CAT]
    fake.drop()  # so that the list is read anew
    expect(page.locator(".visit")).to_have_count(2)
    page.evaluate("release()")
    page.wait_for_timeout(300)  # for what must not come
    assert page.locator(".visit").count() == 2


def test_what_is_told_while_a_list_is_on_its_way_stays(fake: FakeEvents, open_page: Open) -> None:
    page = open_page()
    fake.wait_until(lambda it: it.listeners == 1)
    fake.wait_until(lambda it: len(it.lists) >= 2)
    page.evaluate(HOLD_LIST)
    fake.drop()
    page.wait_for_function("() => typeof release === 'function'")
    fake.wait_until(lambda it: it.listeners == 1)
    fake.tell("begin", ago(9, 5, 4, open=True))
    expect(page.locator(".visit")).to_have_count(2)
    page.evaluate("release()")
    page.wait_for_timeout(300)  # for what must not come
    assert page.locator(".visit").count() == 2


def test_a_list_that_cannot_be_read_holds_up_nothing_and_is_read_later(fake: FakeEvents, open_page: Open) -> None:
    fake.refusal = 503
    page = open_page(prepare=lambda page: page.clock.install())
    expect(page.locator("#latest")).to_be_visible()
    expect(page.locator("#visits")).to_be_hidden()
    fake.refusal = 0
    page.clock.fast_forward(10_000)
    expect_said(page, "Last seen: cat, 14:22 (12 min ago)")


@pytest.mark.parametrize(("offset", "at"), [(5.3, "3.3"), (1.0, "0.0"), (-40.0, "0.0"), (3600.25, "3598.3")])
def test_a_visit_leads_to_its_film_a_little_before_its_begin(
    fake: FakeEvents, open_page: Open, offset: float, at: str
) -> None:
    recordings = [{"name": "petcam_a~visit.mp4", "offset": offset}, {"name": "petcam_b~visit.mp4", "offset": -90.0}]
    fake.visits = [{**CAT, "recordings": recordings}]
    link = open_page().get_by_role("link", name="cat 14:20 2 min Play", exact=True)
    expect(link).to_have_attribute("href", f"/recordings#petcam_a~visit.mp4&at={at}")


@pytest.mark.parametrize(
    ("video", "words"), [("gone", "video deleted"), ("none", "not recorded"), ("away", "disk not there")]
)
def test_a_visit_without_a_film_says_so_and_is_no_link(
    fake: FakeEvents, open_page: Open, video: str, words: str
) -> None:
    fake.visits = [{**CAT, "video": video}]
    page = open_page()
    expect(page.locator(".visit-video")).to_have_text(words)
    expect(page.locator("#visits").get_by_role("link")).to_have_count(0)
    page.locator(".visits-row").focus()  # so that the keyboard can scroll it
    assert page.evaluate("document.activeElement.className") == "visits-row"


@pytest.mark.parametrize(
    ("role", "by_itself", "video", "told"),
    [
        ("owner", None, "none", 1),
        ("viewer", None, "none", 0),
        ("owner", RECORDS, "none", 0),
        ("owner", None, "here", 0),
    ],
)
def test_only_an_owner_is_told_how_visits_are_recorded_where_they_are_not(
    fake: FakeEvents, open_page: Open, role: str, by_itself: object, video: str, told: int
) -> None:
    fake.visits = [{**CAT, "video": video}]
    page = open_page(role=role, by_itself=by_itself)
    expect(page.locator("#server-status")).to_have_attribute("data-state", "connected")
    expect(page.get_by_text("recording.mode")).to_have_count(told)


def test_the_six_last_of_today_are_shown_and_only_their_row_is_scrolled(fake: FakeEvents, open_page: Open) -> None:
    fake.visits = [ago(id, (12 - id) * HOUR, MINUTE) for id in range(10, 1, -1)]
    page = open_page(viewport={"width": 360, "height": 740})
    expect(page.locator(".visit")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    row = page.locator(".visits-row")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    for link in row.get_by_role("link").all():
        box = link.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 44
    page.locator(".visit a").last.focus()
    page.wait_for_function("() => document.querySelector('.visits-row').scrollLeft > 100")


def test_a_visit_that_reached_into_today_is_shown_with_its_day(fake: FakeEvents, open_page: Open) -> None:
    fake.visits = [ago(1, 16 * HOUR, 3 * HOUR, asleep=[[NOW - 15 * HOUR, NOW - 14 * HOUR]])]
    page = open_page()
    expect(page.locator(".visit-time")).to_have_text("yesterday 22:34")
    expect(page.locator(".visit-length")).to_have_text("3 h")
    expect(page.locator(".visit-slept")).to_have_text("asleep 1 h")


def test_pictures_are_asked_for_where_they_are_seen_and_a_paw_stands_for_those_that_are_not_there(
    fake: FakeEvents, open_page: Open
) -> None:
    fake.visits = [ago(id, (12 - id) * 10, 2) for id in range(10, 1, -1)]  # such that are asked for again
    fake.pictures = {10: JPEG}
    page = open_page(viewport={"width": 360, "height": 740})
    expect(page.locator(".visit img").first).to_be_visible()
    expect(page.locator(".visit img").nth(1)).to_be_hidden()
    assert page.locator(".visit-picture").nth(1).evaluate("place => getComputedStyle(place).backgroundImage") != "none"
    asked = [path for path in fake.asked if "picture" in path]
    assert 2 <= len(asked) < 6, asked
    with page.expect_request("**/api/events/5/picture.jpg*"):
        page.locator(".visit").last.scroll_into_view_if_needed()


def test_a_better_picture_takes_the_place_of_the_one_before(fake: FakeEvents, open_page: Open) -> None:
    fake.visits, fake.pictures = [HERE], {3: JPEG}
    page = open_page(viewport={"width": 390, "height": 844})
    expect(page.locator(".visit img")).to_be_visible()
    fake.wait_until(lambda it: it.listeners == 1)
    better = {**HERE["best"], "time": NOW - 10}
    with page.expect_response("**/api/events/3/picture.jpg?*"):
        fake.tell("change", {**HERE, "best": better})
    expect(page.locator(".visit img")).to_be_visible()


def test_a_better_picture_has_an_address_of_its_own_also_at_the_same_time_of_the_server(modules: Page) -> None:
    """A browser does not load again what it shows, and each list sets the page's server time anew."""
    first, second = modules.evaluate(
        """async (visit) => {
            const { VisitCard } = await import("/static/live/visit_card.js");
            const [none, now] = [() => "", visit.end];
            const card = new VisitCard(visit, { text: none }, { who: none, when: none, length: none, slept: none });
            const address = () => card.element.querySelector("img").src;
            card.onSeen(now);
            const first = address();
            card.show({ ...visit, best: { ...visit.best, time: visit.end } }, now);
            return [first, address()];
        }""",
        HERE,
    )
    assert "/api/events/3/picture.jpg?" in first and second != first


def test_a_picture_that_is_not_there_yet_is_asked_for_again(fake: FakeEvents, open_page: Open) -> None:
    fake.visits = [ago(1, 90, 60)]
    page = open_page(viewport={"width": 390, "height": 844}, prepare=lambda page: page.clock.install())
    fake.wait_until(lambda it: any("picture" in path for path in it.asked))
    fake.pictures = {1: JPEG}
    page.clock.fast_forward(31_000)
    expect(page.locator(".visit img")).to_be_visible()


# Without what moves on in its row because somebody came.
SHIFTS = """window.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
            const nodes = sources.map(({ node }) => node);
            const moved = nodes.filter((node) => !node?.parentElement?.closest(".visits-row"));
            if (moved.length) shifts.push([value, ...moved.map((node) => node?.id || node?.className)]);
        }
    }).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("locale", ["ja-JP", "en-GB"])
@pytest.mark.parametrize("size", [(360, 740), (390, 844), (844, 390), (1366, 768)])
def test_nothing_moves_when_it_comes_or_somebody_is_seen(
    fake: FakeEvents, open_page: Open, size: tuple[int, int], locale: str
) -> None:
    fake.visits = [YESTERDAY]
    viewport = {"width": size[0], "height": size[1]}
    page = open_page(viewport=viewport, locale=locale, prepare=lambda page: page.add_init_script(SHIFTS))
    row = page.locator(".visits-row")
    empty = row.bounding_box()
    fake.wait_until(lambda it: it.listeners == 1)
    for id in range(4, 12):
        fake.tell("begin" if id == 11 else "end", ago(id, 600 - id, 60, open=id == 11))
    expect(page.locator(".visit")).to_have_count(6)
    expect(page.locator(".visit-mark:not(:empty)")).to_have_count(1)
    assert row.bounding_box() == empty
    assert sum(shift[0] for shift in page.evaluate("shifts")) < 0.01, page.evaluate("shifts")


@pytest.mark.parametrize(("text", "size"), [("200%", (390, 844)), ("100%", (320, 568))])
def test_large_text_fits(fake: FakeEvents, open_page: Open, text: str, size: tuple[int, int]) -> None:
    fake.visits = [ASLEEP, CAT, DOG]
    page = open_page(viewport={"width": size[0], "height": size[1]}, locale="ja-JP")
    page.evaluate("text => (document.documentElement.style.fontSize = text)", text)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for part in (".visits-said", ".visits-row", ".visit-name"):
        assert page.locator(part).first.evaluate("part => part.scrollHeight <= part.clientHeight + 1"), part


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
@pytest.mark.parametrize("name", ["<img src=x onerror=hit()>", "W" * 64, "ق" * 64, "__proto__", "$& {n}"])
def test_whatever_a_class_is_called_is_text_and_no_wider_than_the_page(
    fake: FakeEvents, open_page: Open, name: str, locale: str
) -> None:
    fake.visits = [{**each, "class": name} for each in (HERE, {**CAT, "most": 2})]
    page = open_page(viewport={"width": 320, "height": 568}, locale=locale)
    expect(page.locator(".visit-who").nth(0)).to_have_text(name)
    assert name in said(page)
    assert page.locator(".visits-said img, .visit-name img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(("locale", "scheme", "size"), [("ja-JP", "dark", (390, 844)), ("en-GB", "light", (1366, 768))])
@pytest.mark.parametrize("visits", [[ASLEEP, CAT, DOG], [YESTERDAY], [{**CAT, "video": "gone"}]])
def test_no_rule_of_accessibility_is_broken(
    fake: FakeEvents, open_page: Open, visits: list[dict[str, Any]], locale: str, scheme: str, size: tuple[int, int]
) -> None:
    fake.visits = visits
    page = open_page(
        locale=locale,
        color_scheme=scheme,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        bypass_csp=True,
        prepare=lambda page: page.add_init_script(path=AXE),
    )
    expect(page.locator("#visits")).to_be_visible()
    assert broken(page) == []
    expect(page.locator("#visits").get_by_role("list")).to_have_accessible_name(re.compile("."))
    expect(page.locator(".visits-main")).to_have_attribute("role", "status")
