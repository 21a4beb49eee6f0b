"""A recording with sound, played by the page of recordings in Chromium: what beeps is heard, when it flashes."""

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.flash_and_beep import FlashAndBeep
from tests.real_services import OWNER, RealServices

pytest.importorskip("av")

NewPage = Callable[..., Page]
SECONDS = 6.0  # of the recording
VIDEO = ".player video"
# Look at every presented picture, and at the sound as it leaves the video, each some milliseconds: when either begins.
HEAR = """async () => {
    const video = document.querySelector(".player video");
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaElementSource(video).connect(analyser).connect(context.destination);
    const samples = new Float32Array(analyser.fftSize);
    window.heard = { loudest: 0, beeps: 0, decoded: 0 };
    let loud = false;
    setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const level = Math.max(...samples.map(Math.abs));
        if (level > 0.1 && !loud) window.heard.beeps += 1;
        loud = level > 0.1;
        window.heard.loudest = Math.max(window.heard.loudest, level);
        window.heard.decoded = video.webkitAudioDecodedByteCount;
    }, 10);
}"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    stream, audio = f"{segment}_s", f"{segment}_a"
    with contextlib.closing(FlashAndBeep(stream, audio)):
        directory: Path = tmp_path_factory.mktemp("sound")
        with contextlib.closing(RealServices(directory, stream, audio=audio)) as running:
            running.start("web", "streamer")
            yield running


@pytest.fixture
def page(services: RealServices, new_page: NewPage) -> Page:
    page = new_page(base_url=services.url)
    page.goto("/login?next=/recordings")
    page.fill("input[type=password]", OWNER)
    page.press("input[type=password]", "Enter")
    page.wait_for_url("**/recordings")
    return page


def record(page: Page) -> str:
    headers = {"Origin": page.url.rsplit("/", 1)[0]}
    while not (answer := page.request.post("/api/recording/start", headers=headers)).ok:
        pass  # the camera is just coming up
    while page.request.get("/api/recording/status").json()["duration"] < SECONDS:
        time.sleep(0.5)  # the camera films no faster
    return str(answer.json()["filename"])


def stop(page: Page) -> None:
    page.request.post("/api/recording/stop", headers={"Origin": page.url.rsplit("/", 1)[0]})


def hear(page: Page, name: str) -> None:
    """Plays the recording, over and over, until three beeps were heard: a page on a busy machine may miss some."""
    page.goto("about:blank")
    page.goto(f"/recordings#{name}")
    page.wait_for_function("() => document.querySelector('.player video')?.readyState > 2")
    page.eval_on_selector(VIDEO, "video => { video.muted = false; video.currentTime = 0; video.loop = true; }")
    page.evaluate(HEAR)
    page.eval_on_selector(VIDEO, "video => { void video.play(); }")
    page.wait_for_function("() => window.heard.beeps >= 3 && window.heard.decoded > 0")
    assert page.evaluate("window.heard.loudest") > 0.2
    page.eval_on_selector(VIDEO, "video => { video.loop = false; }")


def test_a_finished_recording_and_one_that_grows_are_heard(page: Page) -> None:
    name = record(page)
    hear(page, name)
    page.goto("/recordings")
    stop(page)
    hear(page, name)
    length = page.eval_on_selector(VIDEO, "video => video.duration")
    page.eval_on_selector(VIDEO, "(video, at) => { video.currentTime = at; }", length - 1.5)
    page.wait_for_function("() => document.querySelector('.player video').ended")
