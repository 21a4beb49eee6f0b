"""The live page beside the real petcam-web: visits out of an events.db as petcam-events writes it."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_system import DemoSystem
from tests.real_services import OWNER, RealServices
from tests.unit.events.stand_ins import Board, ns

pytestmark = pytest.mark.needs_python("visits")

NewPage = Callable[..., Page]
NAME = "petcam_20260102-030405~visit.mp4"
BEGAN = 1000.0  # of the board's CLOCK_MONOTONIC
AGO = 240.0
LENGTH = 4.0  # seconds of the film, at least


@pytest.fixture
def film(system: DemoSystem, new_page: NewPage) -> Path:
    page = new_page(base_url=system.url)
    while not page.request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    while page.request.get("/api/recording/status").json()["duration"] < LENGTH:
        page.wait_for_timeout(200)  # the demo's camera films no faster
    return system.directory / "recordings" / str(page.request.post("/api/recording/stop").json()["filename"])


@pytest.fixture
def services(system: DemoSystem, film: Path, tmp_path: Path) -> Iterator[RealServices]:
    """On a board where it is about noon, so that what was just now was today."""
    hours = 12 - time.gmtime().tm_hour
    with RealServices(tmp_path, system.stream) as running:
        running.environment["TZ"] = f"Etc/GMT{-hours:+d}"
        shutil.copy(film, running.recordings / NAME)
        yield running


@pytest.fixture
def board(services: RealServices) -> Iterator[Board]:
    """Has noticed a cat, which came AGO seconds ago, 3 s into its film, and left after a minute."""
    with closing(Board(services.state, now=BEGAN, wall=time.time() - AGO - BEGAN)) as board:
        cat = board.come("cat")
        board.store.kept(cat.number, NAME, ns(BEGAN - 3), ns(board.now))
        board.pass_time(60, [cat])
        board.leave(cat)
        yield board


def test_visits_of_the_database_are_shown_as_they_happen_and_play_from_their_begin(
    services: RealServices, board: Board, new_page: NewPage
) -> None:
    services.start("web", "streamer")
    page = new_page(locale="en-GB", base_url=services.url, timezone_id="Pacific/Auckland")
    name, _, value = services.log_in(OWNER).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": services.url}])
    with page.expect_response("**/api/events/stream"):
        page.goto("/")
    said = page.locator(".visits-said")
    expect(said).to_have_text(re.compile(r"^Last seen: cat, 1[12]:\d\d \(\d min ago\)$"))
    board.pass_time(time.time() - board.wall - board.now)
    board.come("dog")
    expect(said).to_have_text(re.compile(r"^Here now: dog, since 1[12]:\d\d Also seen: cat, 1[12]:\d\d$"))
    expect(page.locator(".visit-mark:not(:empty)")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^cat .* Play$")).click()
    expect(page).to_have_url(re.compile(rf"/recordings#{re.escape(NAME)}&at=1(\.0)?$"))
    page.wait_for_function("() => document.querySelector('.player video')?.currentTime > 1.2")
