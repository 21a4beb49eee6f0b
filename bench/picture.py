"""How soon a person sees the picture: page load to the first frame that Chromium presents."""

import shutil
import statistics

from playwright.sync_api import Browser, sync_playwright

from bench.camera import Camera, running
from bench.figure import Figure

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
ROUNDS = 15
FIRST_FRAME = """
new Promise(resolve => {
  const video = document.getElementById('webrtc-video');
  video.requestVideoFrameCallback((now, metadata) => resolve(metadata.presentationTime));
})
"""


def figures() -> list[Figure]:
    with running() as camera, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        times = [_load(browser, camera) for _ in range(ROUNDS)]
        browser.close()
    return [
        Figure("page load to first picture, median", statistics.median(times), "ms", 250),
        Figure("page load to first picture, worst", max(times), "ms"),
    ]


def _load(browser: Browser, camera: Camera) -> float:
    """Milliseconds from the start of the navigation (the page's own time origin) to the first presented frame."""
    page = browser.new_page()
    page.goto(camera.page, wait_until="commit")
    page.wait_for_selector("#webrtc-video", state="attached")
    first = float(page.evaluate(FIRST_FRAME))
    page.close()
    return first
