"""A camera that sends a picture each few seconds, as at night or for a time lapse."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.encoded_camera import EncodedCamera
from tests.ports import free_port
from tests.real_services import OWNER, RECORDING, RealServices

pytest.importorskip("av")

FPS = 0.4
PICTURES = 4  # that are waited for; with what comes before, the streamer knows the camera's pace
FRAMES = """(count) => new Promise((seen) => {
    const video = document.getElementById("webrtc-video");
    const next = () => video.requestVideoFrameCallback(() => (--count ? next() : seen()));
    next();
})"""
NOTE_STATES = """() => {
    const camera = document.getElementById("camera");
    const words = document.getElementById("camera-status");
    window.seen = new Set();
    const note = () => window.seen.add(`${camera.dataset.video}: ${words.textContent}`);
    note();
    new MutationObserver(note).observe(camera, { attributes: true });
    new MutationObserver(note).observe(words, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[RealServices]:
    stream = f"/petcam_test_{free_port()}_slow"
    with closing(EncodedCamera(stream, 640, 360, fps=FPS, group=1)), RealServices(tmp_path, stream) as running:
        running.start("web", "streamer")
        yield running


def test_it_stays_live_in_one_call_and_is_recorded_into_one_file(
    services: RealServices, new_page: Callable[..., Page]
) -> None:
    page, offers = new_page(locale="en-US"), []
    name, _, value = services.log_in(OWNER).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": services.url}])
    page.on("request", lambda request: offers.append(request.url) if "/offer" in request.url else None)
    page.goto(services.url)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate(FRAMES, PICTURES)
    expect(page.locator("#camera-status")).to_have_text("Camera on")
    offers.clear()
    page.evaluate(NOTE_STATES)
    started = requests.post(f"{services.streamer_url}/start", timeout=20)
    page.evaluate(FRAMES, PICTURES)
    assert page.evaluate("[...window.seen]") == ["live: Camera on"]
    assert offers == []
    stopped = requests.post(f"{services.streamer_url}/stop", timeout=20).json()
    assert started.ok and stopped["frame_count"] >= PICTURES
    assert sorted(services.recorded()) == sorted([RECORDING, stopped["filename"]])
