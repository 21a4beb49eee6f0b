"""A camera whose keyframes are too far apart: its pictures come, and nobody who comes newly can begin at them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PETCAM
from tests.browser.encoded_camera import EncodedCamera
from tests.ports import free_port
from tests.real_services import OWNER, RealServices

pytest.importorskip("av")

NewPage = Callable[..., Page]
WIDTH, HEIGHT = 640, 360
RETRY_MS = 7000  # longer than any pause between two calls, or two looks for MJPEG
MESSAGE = "no keyframe for 12 s: lower the camera's keyframe interval"


class Petcam:
    """The services over such a camera, and what their pages ask for."""

    def __init__(self, directory: Path) -> None:
        stream = f"/petcam_test_{free_port()}_long"
        self.services = RealServices(directory, stream)
        self.camera = EncodedCamera(stream, WIDTH, HEIGHT, is_joined=True)
        self.is_told = True  # the state, by the streamer's health
        self.is_refused = False  # by the streamer, what is offered
        self.asked: list[str] = []

    def open(self, page: Page) -> None:
        name, _, value = self.services.log_in(OWNER).partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": self.services.url}])
        page.route("**/api/go/health", self._health)
        page.route("**/api/webrtc/offer", self._offer)
        page.on("request", lambda request: self.asked.append(request.url) if "/stream.mjpg" in request.url else None)
        page.goto(self.services.url)

    def _health(self, route: Route) -> None:
        answer = route.fetch()
        health = answer.json()
        if self.is_told:
            health["camera"].update(state="no keyframe", message=MESSAGE, keyframe_age_ms=-1)
        route.fulfill(response=answer, json=health)

    def _offer(self, route: Route) -> None:
        if route.request.method == "POST":
            self.asked.append(route.request.url)
        if not self.is_refused:
            return route.continue_()
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if route.request.method == "OPTIONS":
            return route.fulfill(status=204, headers=headers)
        body = {"error": "No video", "message": MESSAGE, "reason": "No keyframe"}
        return route.fulfill(status=503, headers=headers, json=body)


@pytest.fixture
def petcam(tmp_path: Path) -> Iterator[Petcam]:
    running = Petcam(tmp_path)
    try:
        running.services.start("web", "streamer")
        yield running
    finally:
        running.services.close()
        running.camera.close()


@pytest.mark.parametrize("is_refused", [False, True], ids=["the streamer answers", "the streamer refuses"])
def test_it_says_so_asks_for_nothing_more_and_shows_the_picture_that_comes(
    petcam: Petcam, new_page: NewPage, is_refused: bool
) -> None:
    petcam.is_refused = is_refused
    page = new_page(locale="en-US", viewport={"width": 1280, "height": 800})
    petcam.open(page)
    expect(page.locator(".notice-title")).to_have_text("Waiting for a keyframe")
    expect(page.locator(".notice-hint")).to_contain_text("Set the keyframe interval")
    expect(page.locator(".notice-countdown")).to_have_text("No keyframe for 12 s")
    expect(page.locator("#camera-status")).to_have_text("No keyframe")
    expect(page.locator("#recording-file")).to_contain_text("The camera sends no keyframe")
    page.evaluate(PETCAM)
    page.wait_for_function("() => petcam.view.error?.phrase === 'No keyframe'")
    asked = list(petcam.asked)
    assert sum(url.endswith("/offer") for url in asked) == 1
    page.evaluate("(pause) => new Promise((over) => setTimeout(over, pause))", RETRY_MS)  # for what must not come
    assert petcam.asked == asked
    petcam.is_told = petcam.is_refused = False
    petcam.camera.send_keyframe()
    page.wait_for_selector("#camera[data-video=live]")
    expect(page.locator("#camera-status")).to_have_text("Camera on")
    expect(page.locator("#recording-file")).to_have_text("Press to record what you see.")


def test_there_is_mjpeg_where_petcam_web_can_begin(petcam: Petcam, new_page: NewPage) -> None:
    petcam.is_refused = True
    petcam.camera.send_keyframe()
    page = new_page(locale="en-US")
    petcam.open(page)
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    expect(page.locator("#way")).to_have_text("Basic picture: waiting for the camera’s next keyframe")
    expect(page.locator(".notice")).to_be_hidden()
