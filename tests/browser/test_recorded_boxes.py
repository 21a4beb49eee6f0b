"""The boxes of a recording, on the picture of the player."""

import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.demo_system import DemoSystem
from tests.browser.orange import ORANGE
from tests.browser.recorded_film import (
    PLACE,
    TICKS,
    WATCH,
    Film,
    are_alike,
    on_screen,
    take_drawn,
    tally,
)
from tests.unit.web.mp4_file import write_mp4

NewPage = Callable[..., Page]
SECONDS = 48.0  # of the recording: more than the page has of it at once
LEAST = 0.98  # of the frames have just their boxes, as they are presented
MANY, SOME = 150, 30  # frames
STEADY = 90  # results of the detector one after the other
SLIVER = 100  # pixels: the cat is wider than what is seen of it at the picture's edge
VIDEO = ".player video"
BOXES = re.compile(r"/boxes\?")


@pytest.fixture(scope="module")
def recorded(system: DemoSystem, shared: Page) -> str:
    """The name of a recording of the painted room, whose detector knows where the cat is."""
    request = shared.request
    request.post("/api/recording/stop")
    while not request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    while request.get("/api/recording/status").json()["duration"] < SECONDS:
        time.sleep(1)  # the demo's camera films no faster
    return str(request.post("/api/recording/stop").json()["filename"])


@pytest.fixture
def page(system: DemoSystem, recorded: str, new_page: NewPage) -> Page:
    """The player with that recording from its beginning, its boxes there."""
    return play(new_page(base_url=system.url), recorded)


def play(page: Page, name: str, more: str = "") -> Page:
    page.add_init_script(WATCH)
    page.goto(f"/recordings#{name}{more}")
    page.wait_for_function("() => window.drawn.length > 0")
    return page


@pytest.fixture
def film(page: Page, recorded: str) -> Film:
    return Film.of(page, recorded)


def moments(film: Film, count: int) -> list[float]:
    """Seconds, far apart and in no order, at which the cat is there and stays for a while."""
    times = [ticks for ticks, boxes in film.frames.items() if boxes and boxes[0][2] > SLIVER]
    steady = [time for time, later in zip(times, times[STEADY:], strict=False) if later - time < 6 * TICKS]
    assert len(steady) > 10 * count
    places = [steady[len(steady) * i // count] / TICKS for i in range(count)]
    return places[1::2][::-1] + places[::2]


def seek(page: Page, seconds: float) -> None:
    page.eval_on_selector(VIDEO, "(video, seconds) => { video.currentTime = seconds; }", seconds)


def test_every_frame_has_its_own_boxes_while_it_plays(page: Page, film: Film) -> None:
    drawn = take_drawn(page, film, MANY, lambda: seek(page, 0))
    found = tally(film, drawn, page.evaluate(PLACE))
    print(f"at 1x: {found.exact} of {found.looked_at} frames with just their boxes")
    assert found.share >= LEAST, found.wrong


def test_every_frame_has_its_own_boxes_when_it_is_slowed(page: Page, film: Film) -> None:
    page.eval_on_selector(VIDEO, "video => { video.playbackRate = 0.25; }")
    moment = moments(film, 4)[0]
    drawn = take_drawn(page, film, SOME, lambda: seek(page, moment), moment)
    assert {each["rate"] for each in drawn} == {0.25}
    found = tally(film, drawn, page.evaluate(PLACE))
    print(f"at 0.25x: {found.exact} of {found.looked_at} frames with just their boxes")
    assert found.share >= LEAST, found.wrong


def test_every_frame_has_its_own_boxes_after_each_seek_while_it_plays(page: Page, film: Film) -> None:
    """Of all seeks together: a busy browser may present one frame late."""
    tallies = []
    for moment in moments(film, 6):
        drawn = take_drawn(page, film, SOME, partial(seek, page, moment), moment)
        tallies.append(found := tally(film, drawn, page.evaluate(PLACE)))
        print(f"behind a seek to {moment:.1f} s: {found.exact} of {found.looked_at} frames")
    exact, looked_at = sum(each.exact for each in tallies), sum(each.looked_at for each in tallies)
    assert exact >= LEAST * looked_at, [each.wrong for each in tallies]


# Of the picture that the video shows now: how many pixels are of the cat's orange, and how many of these in the box.
ORANGE_WITHIN = (
    """([x, y, w, h]) => {
    const copy = new OffscreenCanvas(1280, 720).getContext("2d");
    copy.drawImage(document.querySelector(".player video"), 0, 0);
    const orange = """
    + ORANGE
    + """;
    return [orange(copy, x, y, w, h), orange(copy, 0, 0, 1280, 720)];
}"""
)


def test_a_paused_picture_that_was_sought_has_its_box_on_the_drawn_pet(page: Page, film: Film) -> None:
    page.eval_on_selector(VIDEO, "video => video.pause()")
    place = page.evaluate(PLACE)
    for moment in moments(film, 8):
        ticks = show_paused(page, moment)
        wanted = on_screen(film.frames[ticks], place)
        page.wait_for_function("count => painted.length === count", arg=len(wanted))
        assert are_alike(page.evaluate("painted"), wanted), (moment, ticks)
        inside, everywhere = page.evaluate(ORANGE_WITHIN, film.frames[ticks][0])
        assert everywhere > 500 and inside >= 0.95 * everywhere, (moment, inside, everywhere)


def show_paused(page: Page, moment: float) -> int:
    """The ticks of the frame that is then shown."""
    page.evaluate("drawn.length = 0")
    seek(page, moment + 0.001)
    page.wait_for_function(f"() => !document.querySelector('{VIDEO}').seeking && drawn.length > 0")
    return int(page.evaluate("drawn.at(-1).ticks"))


def test_boxes_are_asked_for_before_the_picture_that_was_sought_is_there(page: Page, film: Film) -> None:
    page.evaluate("performance.clearResourceTimings()")
    moment = moments(film, 4)[0]
    take_drawn(page, film, 1, lambda: seek(page, moment), moment)
    asked = page.evaluate(
        """Math.min(...performance.getEntriesByType("resource").filter(({ name }) => name.includes("/boxes?"))
            .map(({ startTime }) => startTime))"""
    )
    assert asked < page.evaluate("behind()[0].now")


def test_only_what_is_around_the_place_is_asked_for_and_nothing_twice(
    system: DemoSystem, recorded: str, new_page: NewPage
) -> None:
    page = new_page(base_url=system.url)
    asked: list[tuple[int, int]] = []

    def note(route: Route) -> None:
        begin, end = re.findall(r"=([\d.]+)", route.request.url)
        asked.append((round(float(begin)), round(float(end))))
        route.continue_()

    page.route(BOXES, note)
    play(page, recorded)
    page.wait_for_selector(".show-boxes:visible")
    assert asked == [(0, 20)]
    page.eval_on_selector(VIDEO, "video => video.pause()")
    for moment, parts in ((2, []), (11, [(20, 40)]), (9, []), (46, [(41, 61)]), (0.5, [(0, 20)])):
        asked.clear()
        show_paused(page, moment)
        while len(asked) < len(parts):
            page.wait_for_timeout(20)  # lets the route be heard
        assert asked == parts, moment


def test_they_are_hidden_and_shown_by_button_and_key_also_on_a_still_picture_and_the_choice_is_remembered(
    page: Page, film: Film
) -> None:
    page.eval_on_selector(VIDEO, "video => video.pause()")
    ticks = show_paused(page, moments(film, 2)[0])
    page.wait_for_function("() => painted.length > 0")
    button = page.get_by_role("button", name="検出枠")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".player-boxes")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator(".player-boxes")).to_be_visible()
    assert_painted(page, on_screen(film.frames[ticks], page.evaluate(PLACE)))
    page.keyboard.press("b")
    page.reload()
    page.wait_for_function("() => drawn.length > 2")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("drawn.every(({ boxes }) => !boxes.length)")
    assert page.evaluate("localStorage.getItem('petcam.playback')") == "plain"


def test_they_are_on_the_picture_in_full_screen_too(page: Page, film: Film) -> None:
    page.eval_on_selector(VIDEO, "video => video.pause()")
    ticks = show_paused(page, moments(film, 2)[0])
    page.wait_for_function("() => painted.length > 0")
    page.get_by_role("button", name="全画面表示").click()
    page.wait_for_function("() => document.fullscreenElement === document.documentElement")
    expect(page.locator(".player-bar")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('.player video').clientHeight === innerHeight")
    expect(page.locator(".player-boxes")).to_be_visible()
    page.wait_for_function("height => document.querySelector('.player-boxes').height >= height", arg=1)
    assert_painted(page, on_screen(film.frames[ticks], page.evaluate(PLACE)))
    page.get_by_role("button", name="全画面表示を終了").click()
    expect(page.locator(".player-bar")).to_be_visible()
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.get_by_role("button", name="全画面表示を終了").click()
    page.wait_for_function("() => document.fullscreenElement === null")


def assert_painted(page: Page, wanted: list[list[float]]) -> None:
    """Soon: the canvas is painted anew behind a change of its size."""
    page.wait_for_function(
        "([wanted, near]) => painted.length === wanted.length && painted.every((box, i) => box.every("
        "(value, j) => Math.abs(value - wanted[i][j]) < near))",
        arg=[wanted, 0.6],
    )


def test_between_results_of_a_slow_detector_boxes_go_on_their_way_and_are_gone_behind_an_empty_one(
    system: DemoSystem, recorded: str, new_page: NewPage
) -> None:
    """As if the detector had looked twice a second, for six seconds."""
    page = new_page(base_url=system.url)
    whole = Film.of(page, recorded)
    begin = calm(whole, 6)
    times = [near(whole, begin + i * TICKS // 2) for i in range(12)]
    boxes = {ticks: whole.frames[ticks] for ticks in times} | {begin + 6 * TICKS: []}
    frames = [[ticks, [["cat", 0.9, *box] for box in each]] for ticks, each in boxes.items()]
    answer = {"timescale": TICKS, "width": 1280, "height": 720, "frames": frames}
    page.route(BOXES, lambda route: route.fulfill(json=answer))
    play(page, recorded)
    page.eval_on_selector(VIDEO, "video => video.pause()")
    place = page.evaluate(PLACE)
    for seconds in (1.2, 3.9, 2.1, 5.3):
        ticks = show_paused(page, begin / TICKS + seconds)
        before, after = max(t for t in times if t <= ticks), min(t for t in times if t > ticks)
        part = (ticks - before) / (after - before)
        (old,), (new,) = boxes[before], boxes[after]
        assert_painted(page, on_screen([[a + (b - a) * part for a, b in zip(old, new, strict=True)]], place))
    show_paused(page, begin / TICKS + 8)
    page.wait_for_function("() => painted.length === 0")


def near(film: Film, ticks: int) -> int:
    return min(film.frames, key=lambda each: abs(each - ticks))


def calm(film: Film, seconds: int) -> int:
    """From when on the cat is seen for so long, in ticks."""
    begin, before = -1, 0
    for ticks, boxes in film.frames.items():
        if not boxes or ticks - before > TICKS // 4:
            begin = -1
        elif begin < 0:
            begin = ticks
        if begin >= 0 and ticks - begin > seconds * TICKS:
            return begin
        before = ticks
    raise AssertionError("the cat was away all the time, or the detector")


def test_a_recording_without_boxes_plays_with_no_switch(system: DemoSystem, recorded: str, new_page: NewPage) -> None:
    plain = Path(system.directory) / "recordings" / "petcam_20260101-120000.mp4"
    write_mp4(plain, frames=60, created=1_767_268_800)
    page = new_page(base_url=system.url)
    with page.expect_response(BOXES) as answer:
        play(page, plain.name)
    assert answer.value.json()["frames"] == []
    page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > 0.5")
    expect(page.locator(".show-boxes")).to_be_hidden()
    expect(page.get_by_role("button", name="全画面表示")).to_be_visible()
    assert page.evaluate("drawn.every(({ boxes }) => !boxes.length)")
    plain.unlink()


def test_the_next_recording_has_its_own_boxes_and_none_of_the_one_before(
    page: Page, film: Film, recorded: str, system: DemoSystem
) -> None:
    folder = Path(system.directory) / "recordings"
    for other in folder.glob("*.mp4"):
        if other.name != recorded:
            other.unlink()
    plain = folder / "petcam_20260101-120000.mp4"
    write_mp4(plain, frames=60, created=1_767_268_800)
    page.reload()
    page.wait_for_selector(".show-boxes:visible")
    page.wait_for_selector(".player .older:enabled")  # the list is there
    page.keyboard.press("ArrowRight")
    expect(page.locator(VIDEO)).to_have_attribute("src", re.compile(plain.stem))
    page.evaluate("drawn.length = 0")
    page.wait_for_function("() => drawn.length > 5")
    expect(page.locator(".show-boxes")).to_be_hidden()
    assert page.evaluate("drawn.every(({ boxes }) => !boxes.length)")
    drawn = take_drawn(page, film, 2 * SOME, lambda: page.keyboard.press("ArrowLeft"))
    assert tally(film, drawn, page.evaluate(PLACE)).share >= LEAST
    plain.unlink()


def test_nothing_of_it_is_loaded_before_a_player_opens(system: DemoSystem, recorded: str, new_page: NewPage) -> None:
    page = new_page(base_url=system.url)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.goto("/recordings")
    page.wait_for_selector(".card[data-state=complete]")
    late = {"player.js", "player_boxes.js", "recorded_boxes.js", "recorded_picture.js", "bbox_overlay.js"}
    assert not late & set(loaded)
    page.locator(".card .open").first.click()
    page.wait_for_selector(".player")
    while not late <= set(loaded):
        page.wait_for_timeout(20)  # lets the requests be heard
