"""A camera whose keyframes are too far apart: its pictures come, and nobody who comes newly can begin at them."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from petcam.shm.stream import StreamWriter
from tests.browser.conftest import PETCAM
from tests.ports import free_port
from tests.real_services import OWNER, RealServices

av = pytest.importorskip("av")

NewPage = Callable[..., Page]
FPS, WIDTH, HEIGHT = 15, 640, 360
RETRY_MS = 7000  # longer than any pause between two calls, or two looks for MJPEG
MESSAGE = "no keyframe for 12 s: lower the camera's keyframe interval"


class Camera:
    """Sends pictures of one endless group without its beginning, and a keyframe when it is asked for one."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._ask, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera")
        self._thread.start()

    def send_keyframe(self) -> None:
        self._ask.set()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        encoder: Any = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = WIDTH, HEIGHT, "yuv420p", FPS
        encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "g": "100000", "forced-idr": "1"}
        encoder.profile = "Baseline"
        with StreamWriter(self._stream) as writer:
            for number in range(10**6):
                for packet in encoder.encode(self._picture(number)):
                    if number:
                        writer.publish(
                            bytes(packet),
                            capture_ns=time.monotonic_ns(),
                            keyframe=packet.is_keyframe,
                            width=WIDTH,
                            height=HEIGHT,
                        )
                if self._end.wait(1 / FPS):
                    return

    def _picture(self, number: int) -> Any:
        frame: Any = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([64 + number % 128]) * plane.buffer_size)
        frame.pts = number
        if self._ask.is_set():
            self._ask.clear()
            frame.pict_type = av.video.frame.PictureType.I
        return frame


class Petcam:
    """The services over such a camera, and what their pages ask for."""

    def __init__(self, directory: Path) -> None:
        stream = f"/petcam_test_{free_port()}_long"
        self.services = RealServices(directory, stream)
        self.camera = Camera(stream)
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
