"""Thousands of recordings: what their list costs petcam-web with 50,000 files, and how the page scrolls with 3,000."""

import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.figure import Figure
from petcam.web.recordings.directory import RecordingDirectory, Wanted
from tests.browser.conftest import FLAGS
from tests.browser.demo_system import DemoSystem
from tests.unit.web.mp4_file import SECONDS_TO_1970, write_mp4

FILES, FILMS = 50_000, 3_000
REPEATS = 5
MINUTES = (1, 5, 15, 60, 150)  # between two recordings, in turn
PHONE, DESKTOP = (390, 844), (1366, 768)

# The frames of ten seconds in which the page is scrolled by 60,000 pixels, or to its end.
SCROLL = """async () => {
    const root = document.scrollingElement, distance = Math.min(root.scrollHeight - innerHeight, 60000);
    const begun = performance.now();
    let frames = 0, now = begun;
    for (; now - begun < 10000; frames++) {
        now = await new Promise((resolve) => requestAnimationFrame(resolve));
        root.scrollTop = distance * (now - begun) / 10000;
    }
    return frames / (now - begun) * 1000;
}"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _list(Path(folder))
    with tempfile.TemporaryDirectory() as folder, DemoSystem(Path(folder)) as system:
        _fill_with_films(Path(folder) / "recordings")
        yield from _scrolling(system)


def _list(folder: Path) -> Iterator[Figure]:
    for start in _starts(FILES):
        file = folder / _name(start)
        file.touch()
        os.utime(file, (start.timestamp() + 30, start.timestamp() + 30))
    time.sleep(2.5)  # until the folder's time of modification is one of the past
    directory, before = RecordingDirectory(str(folder)), _peak_mib()
    of = f"of {FILES:,} recordings"
    yield Figure(f"the first page {of} after a start", _milliseconds(lambda: directory.page(100), 1), "ms")
    yield Figure(f"a page of 100 {of}", _milliseconds(lambda: directory.page(100)), "ms", 20)
    yield Figure(f"the days {of}", _milliseconds(directory.days), "ms", 100)
    oldest = directory.days()[0][-1].day
    yield Figure(
        f"the oldest day {of}", _milliseconds(lambda: directory.page(100, "", Wanted(oldest, oldest))), "ms", 50
    )
    yield Figure(f"memory for the index {of}", _peak_mib() - before, "MiB", 40)


def _scrolling(system: DemoSystem) -> Iterator[Figure]:
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, (width, height) in (("phone", PHONE), ("desktop", DESKTOP)):
            page = chromium.new_page(viewport={"width": width, "height": height})
            page.goto(f"{system.url}recordings")
            page.wait_for_selector(".thumb img")
            fps, elements = page.evaluate(SCROLL), page.evaluate("document.querySelectorAll('*').length")
            yield Figure(
                f"frames in a second of scrolling {FILMS:,}, {name}; an empty page beside", fps, "", peers=_empty(page)
            )
            yield Figure(f"elements on it, {name}", elements, "", 3000)
        chromium.close()


def _empty(page: Page) -> dict[str, float]:
    page.set_content('<div style="height: 80000px; background: linear-gradient(red, blue)"></div>')
    return {"empty": page.evaluate(SCROLL)}


def _fill_with_films(folder: Path) -> None:
    write_mp4(folder / "film", frames=20, created=0, size=(320, 180))
    film = bytearray((folder / "film").read_bytes())
    created = film.rindex(b"mvhd") + 8  # behind the type, version and flags
    for start in _starts(FILMS):
        film[created : created + 8] = (int(start.timestamp()) + SECONDS_TO_1970).to_bytes(8, "big")
        file = folder / _name(start)
        file.write_bytes(film)
        os.utime(file, (start.timestamp() + 1, start.timestamp() + 1))


def _starts(count: int) -> Iterator[datetime]:
    """Backwards from now."""

    def all_of_them() -> Iterator[datetime]:
        moment, number = datetime.now().replace(microsecond=0), 0
        while True:
            moment, number = moment - timedelta(minutes=MINUTES[number % len(MINUTES)]), number + 1
            yield moment

    return islice(all_of_them(), count)


def _name(start: datetime) -> str:
    return f"petcam_{start:%Y%m%d-%H%M%S}.mp4"


def _milliseconds(ask: Callable[[], object], repeats: int = REPEATS) -> float:
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
