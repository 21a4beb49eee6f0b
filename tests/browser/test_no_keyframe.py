"""A camera whose keyframes are too far apart: its pictures come, and nobody who comes newly can begin at them."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import PETCAM, TIMEOUT_MS
from tests.browser.encoded_camera import EncodedCamera
from tests.ports import free_port
from tests.real_services import OWNER, RealServices

pytest.importorskip("av")

NewPage = Callable[..., Page]
WIDTH, HEIGHT = 640, 360
RETRY_MS = 7000  # longer than any pause between two calls, or two looks for MJPEG
WORDS = Path(__file__).parents[2] / "words"


class Petcam:
    """The services over such a camera, and what their pages ask for."""

    def __init__(self, directory: Path) -> None:
        self._stream = f"/petcam_test_{free_port()}_long"
        self.services = RealServices(directory, self._stream)
        self._cameras: list[EncodedCamera] = []
        self.asked: list[str] = []

    def begin(self, **options: Any) -> EncodedCamera:
        """Have the camera send its one group of pictures."""
        self._cameras.append(EncodedCamera(self._stream, WIDTH, HEIGHT, **options))
        return self._cameras[-1]

    def open(self, page: Page) -> None:
        name, _, value = self.services.log_in(OWNER).partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": self.services.url}])
        page.on("request", lambda request: self._note(request.method, request.url))
        page.goto(self.services.url)

    def _note(self, method: str, url: str) -> None:
        if "/stream.mjpg" in url or (method, url.endswith("/api/webrtc/offer")) == ("POST", True):
            self.asked.append(url)

    def wait_for(self, state: str) -> None:
        """Until the streamer says that the camera is in that state."""
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while requests.get(f"{self.services.streamer_url}/health", timeout=5).json()["camera"]["state"] != state:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # it tells nobody

    def close(self) -> None:
        self.services.close()
        for camera in self._cameras:
            camera.close()


@pytest.fixture
def petcam(tmp_path: Path) -> Iterator[Petcam]:
    running = Petcam(tmp_path)
    try:
        running.services.start("web", "streamer")
        yield running
    finally:
        running.close()


def expect_words(page: Page, language: str) -> None:
    words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    live = words["live"]
    expect(page.locator(".notice-title")).to_have_text(live["video.no_keyframe"])
    expect(page.locator(".notice-hint")).to_have_text(live["hint.no_keyframe"])
    seconds = re.escape(live["hint.without_keyframe"]).replace(re.escape("{n}"), r"\d+")
    expect(page.locator(".notice-countdown")).to_have_text(re.compile(f"^{seconds}$"))
    expect(page.locator("#camera-status")).to_have_text(live["camera.no keyframe"])
    expect(page.locator("#recording-note")).to_have_text(words["errors"]["No keyframe"])
    start = page.locator("#start-recording")
    expect(start).to_be_disabled()
    expect(start).to_have_accessible_description(words["errors"]["No keyframe"])


@pytest.mark.parametrize(("language", "is_first"), [("ja", True), ("en", False)], ids=["called before", "called then"])
def test_it_says_so_asks_for_nothing_more_and_shows_the_picture_that_comes(
    petcam: Petcam, new_page: NewPage, language: str, is_first: bool
) -> None:
    """A call that is made before is answered, one that is made then is refused."""
    page = new_page(locale=language, viewport={"width": 1280, "height": 800})
    if is_first:
        petcam.open(page)
        page.wait_for_selector("#camera[data-video=waiting]")
        camera = petcam.begin(is_joined=True)
    else:
        camera = petcam.begin(is_joined=True)
        petcam.wait_for("no keyframe")
        petcam.open(page)
    expect_words(page, language)
    page.evaluate(PETCAM)
    if petcam.services.server == "python":  # else nobody asks for MJPEG
        page.wait_for_function("() => petcam.view.error?.phrase === 'No keyframe'")
    asked = list(petcam.asked)
    assert sum(url.endswith("/offer") for url in asked) == 1
    page.evaluate("(pause) => new Promise((over) => setTimeout(over, pause))", RETRY_MS)  # for what must not come
    assert petcam.asked == asked
    camera.send_keyframe()
    page.wait_for_selector("#camera[data-video=live]")
    live = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))["live"]
    expect(page.locator("#camera-status")).to_have_text(live["camera.live"])
    expect(page.locator("#start-recording")).to_be_enabled()
    expect(page.locator(".notice")).to_be_hidden()


@pytest.mark.needs_python("pictures")
def test_there_is_mjpeg_where_petcam_web_can_begin(petcam: Petcam, new_page: NewPage) -> None:
    petcam.begin(first_ago=60)
    petcam.wait_for("no keyframe")
    page = new_page(locale="en-US")
    petcam.open(page)
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    expect(page.locator("#way")).to_have_text("Basic picture: waiting for the camera’s next keyframe")
    expect(page.locator(".notice")).to_be_hidden()
