"""The other engines: Firefox, and WebKit by WebKitGTK. Each test runs in each of them that is installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.demo_system import DemoSystem
from tests.engines.firefox import Firefox
from tests.engines.web_driver import WebDriver
from tests.engines.webkit import WebKit


@pytest.fixture(scope="session", params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    directory = tmp_path_factory.mktemp(request.param)
    driver = WebDriver(start_firefox(directory) if request.param == "firefox" else start_webkit(directory))
    yield driver
    driver.close()


def start_firefox(directory: Path) -> Firefox:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("firefox is not installed: apt-get install firefox-esr")
    return Firefox(program, directory)


def start_webkit(directory: Path) -> WebKit:
    driver = shutil.which("WebKitWebDriver")
    if driver is None or shutil.which("Xvfb") is None:
        pytest.skip("WebKitGTK's driver is not installed: apt-get install webkit2gtk-driver xvfb")
    return WebKit(driver, directory)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path_factory.mktemp("demo")) as running:
        yield running
