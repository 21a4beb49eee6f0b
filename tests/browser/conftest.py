"""Chromium, the whole system, and a page of it. Tests end contexts by ``leave``."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from petcam.system.streamer_binary import find_streamer
from tests.browser.demo_system import DemoSystem
from tests.browser.leaving import leave

# The shell is Chromium without its own window, which otherwise takes a third of the time that a test does.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
# The page comes from its entry, whose path has a version in it.
PETCAM = """async () => {
    window.petcam = await petcamModules["live/entry.js"].page;
}"""
# A browser in which nothing but a page can be filled.
NO_FULL_SCREEN = """for (const name of ["requestFullscreen", "webkitRequestFullscreen", "webkitRequestFullScreen"]) {
    delete Element.prototype[name];
}
delete HTMLVideoElement.prototype.webkitEnterFullscreen;"""
TIMEOUT_MS = 20_000  # for a busy machine; nothing waits that long on an idle one


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium-headless-shell")
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def system(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    if find_streamer() is None:
        pytest.fail("petcam-streamer is not built: make setup")
    with DemoSystem(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes pages in contexts of their own, whose options are the call's; no script of theirs may have failed."""
    contexts: list[BrowserContext] = []
    failures: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "ja-JP", "color_scheme": "dark", **options})
        context.set_default_timeout(TIMEOUT_MS)
        context.on("weberror", lambda error: failures.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield make
    failed = list(failures)  # not what a page that is left says at its end
    for context in contexts:
        leave(context)
    assert failed == []


@pytest.fixture
def page(system: DemoSystem, new_page: Callable[..., Page]) -> Page:
    """The page in Japanese on a desktop, opened, its picture live, its modules in ``petcam``."""
    opened = new_page(base_url=system.url)
    opened.goto("/")
    opened.wait_for_selector("#camera[data-video=live]")
    opened.evaluate(PETCAM)
    return opened


@pytest.fixture(scope="module")
def shared(system: DemoSystem, browser: Browser) -> Iterator[Page]:
    """The page as in ``page``, for all tests of a file, which leave it as it was: so small that it scrolls."""
    context = browser.new_context(locale="ja-JP", viewport={"width": 700, "height": 520}, base_url=system.url)
    context.set_default_timeout(TIMEOUT_MS)
    failures: list[str] = []
    context.on("weberror", lambda error: failures.append(str(error.error)))
    opened = context.new_page()
    opened.goto("/")
    opened.wait_for_selector("#camera[data-video=live]")
    opened.evaluate(PETCAM)
    yield opened
    failed = list(failures)
    leave(context)
    assert failed == []


@pytest.fixture
def still(system: DemoSystem, new_page: Callable[..., Page]) -> Page:
    """A page that only imports, whose time is the test's."""
    page = new_page()
    page.clock.install(time=0)
    page.goto(f"{system.url}healthz")
    page.clock.pause_at(3_600_000)
    return page


@pytest.fixture(scope="module")
def modules(system: DemoSystem, browser: Browser) -> Iterator[Page]:
    """A page that only imports."""
    page = browser.new_page()
    page.goto(f"{system.url}healthz")
    yield page
    leave(page.context)
