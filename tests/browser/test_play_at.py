"""Addresses that open the player with a recording, at a moment of it."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
VIDEO = ".player video"
LENGTH = 6.0  # seconds of the recordings, at least
# What is presented, in the recording's own seconds, without the very first, which Chromium shows before it seeks.
WATCH = """{
    window.times = [];
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
        const next = (_now, { mediaTime }) => {
            if (mediaTime) times.push(mediaTime);
            this.requestVideoFrameCallback(next);
        };
        if (!this.watched) this.requestVideoFrameCallback(next);
        this.watched = true;
        this.playbackRate = 0.2; // so that a busy machine shows what there is before it is over
        return play.call(this);
    };
}"""


def start(page: Page) -> None:
    page.request.post("/api/recording/stop")
    while not page.request.post("/api/recording/start").ok:
        pass  # the camera is just coming up


def grow(page: Page) -> str:
    """Until what is being recorded is long enough; its name."""
    while (status := page.request.get("/api/recording/status").json())["duration"] < LENGTH:
        page.wait_for_timeout(200)  # the demo's camera films no faster
    return str(status["filename"])


@pytest.fixture
def page(system: DemoSystem, new_page: NewPage) -> Iterator[Page]:
    page = new_page(base_url=system.url)
    page.add_init_script(WATCH)
    yield page
    page.request.post("/api/recording/stop")


@pytest.fixture(scope="module")
def film(system: DemoSystem, shared: Page) -> str:
    """The name of a finished one."""
    start(shared)
    grow(shared)
    return str(shared.request.post("/api/recording/stop").json()["filename"])


def plays_from(page: Page, seconds: float) -> None:
    page.wait_for_function("() => window.times.length > 3")
    _, *times = page.evaluate("times")  # the first may be of a little before, as Chromium decodes up to the moment
    assert seconds - 0.1 < times[0] < seconds + 1, times
    assert times == sorted(times)
    page.wait_for_function(f"from => document.querySelector('{VIDEO}').currentTime > from + 0.3", arg=seconds)
    expect(page.locator(VIDEO)).to_have_js_property("paused", False)


def test_a_recording_plays_from_the_moment_that_the_address_says(page: Page, film: str) -> None:
    page.goto(f"/recordings#{film}&at=3.25")
    plays_from(page, 3.25)
    expect(page).to_have_url(re.compile(rf"#{re.escape(film)}&at=3\.25$"))
    page.reload()
    plays_from(page, 3.25)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/recordings$"))


@pytest.mark.parametrize("at", ["-4", "x", "", "0", "Infinity"])
def test_what_is_no_moment_of_it_plays_from_the_beginning(page: Page, film: str, at: str) -> None:
    page.goto(f"/recordings#{film}&at={at}")
    plays_from(page, 0)
    expect(page).to_have_url(re.compile(rf"#{re.escape(film)}$"))


def test_a_moment_behind_its_end_plays_the_last_second(page: Page, film: str) -> None:
    page.goto(f"/recordings#{film}&at=5000")
    page.wait_for_function("() => window.times.length > 0")
    duration = page.eval_on_selector(VIDEO, "video => video.duration")
    page.wait_for_function("least => window.times.at(-1) > least", arg=duration - 0.2)
    assert any(abs(time - duration + 1) < 0.1 for time in page.evaluate("times"))


def test_one_that_grows_plays_from_the_moment_too(page: Page) -> None:
    start(page)
    name = grow(page)
    page.goto(f"/recordings#{name}&at=2.5")
    plays_from(page, 2.5)


def test_one_that_has_become_a_visits_plays_from_the_moment_by_its_former_name(
    system: DemoSystem, page: Page, film: str
) -> None:
    folder = Path(system.directory) / "recordings"
    visit = folder / f"{Path(film).stem}~visit.mp4"
    shutil.copy2(folder / film, visit)
    page.goto(f"/recordings#{visit.name.replace('~visit', '~always')}&at=3")
    expect(page.locator(VIDEO)).to_have_attribute("src", re.compile(re.escape(visit.name)))
    plays_from(page, 3)
    visit.unlink()


def test_another_address_plays_there_also_while_one_plays(page: Page, film: str) -> None:
    page.goto(f"/recordings#{film}")
    plays_from(page, 0)
    page.evaluate("at => { times.length = 0; location.hash += at; }", "&at=4")
    page.wait_for_function("() => times.some((time) => time > 3.9 && time < 5)")
    expect(page.locator(".player")).to_have_count(1)


def test_one_that_is_younger_than_the_list_is_found(page: Page, film: str, system: DemoSystem) -> None:
    page.goto("/recordings")
    page.wait_for_selector(".card")
    folder = Path(system.directory) / "recordings"
    young = folder / f"{Path(film).stem}_young.mp4"
    shutil.copy2(folder / film, young)
    page.evaluate("name => { location.hash = name; }", f"{young.name}&at=2")
    plays_from(page, 2)
    young.unlink()


def test_one_that_is_gone_is_said_and_the_list_is_shown(page: Page, film: str) -> None:
    page.goto("/recordings#petcam_20260102-030405~visit.mp4&at=5.3")
    expect(page.locator("#toast p")).to_have_text("この録画はもうありません。")
    expect(page.locator(".player")).to_have_count(0)
    expect(page.locator(".card").first).to_be_visible()
    expect(page).to_have_url(re.compile("/recordings$"))


def test_a_list_that_cannot_be_had_does_not_say_that_it_is_gone(page: Page, film: str) -> None:
    page.route(re.compile(r"/api/recordings(/days)?\?"), lambda route: route.fulfill(status=503, json={"error": "x"}))
    page.goto(f"/recordings#{film}&at=3")
    expect(page.locator("#notice")).to_have_text("録画の一覧を読み込めません。自動で再試行します。")
    page.wait_for_timeout(300)  # nothing is to come
    expect(page.locator("#toast p")).to_have_text("")
