"""How soon a visitor sees the picture: from page load to the first frame that Chromium presents."""

import shutil
import statistics

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.camera import Camera, running
from bench.figure import Figure

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
ROUNDS = 15
# Runs in the page from its beginning; to watch from outside would cost the page more than the picture does.
FIRST_FRAME_SCRIPT = """
window.firstFrame = new Promise((shown) => {
  new MutationObserver((_, observer) => {
    const video = document.getElementById("webrtc-video");
    if (!video) return;
    observer.disconnect();
    video.requestVideoFrameCallback((_, { presentationTime }) => shown(presentationTime));
  }).observe(document, { childList: true, subtree: true });
});
"""


# The share of frames presented, in percent of those that the source sends in five seconds.
PRESENTED_SHARE_SCRIPT = """async () => {
  const video = document.getElementById("webrtc-video");
  const next = () => new Promise((seen) => video.requestVideoFrameCallback((_, metadata) => seen(metadata)));
  const first = await next();
  const ticks = (frame) => (frame.rtpTimestamp - first.rtpTimestamp) >>> 0;
  let last = first;
  while (ticks(last) < 5 * 90000) last = await next();
  return 100 * (last.presentedFrames - first.presentedFrames) / (ticks(last) / 3000);
}"""


def figures() -> list[Figure]:
    with running() as camera, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        first_visits = [load_ms(browser.new_context(), camera) for _ in range(ROUNDS)]
        context = browser.new_context()
        later_visits = [load_ms(context, camera) for _ in range(ROUNDS)][1:]
        shown = _presented(context.new_page(), camera)
        browser.close()
    return [
        Figure("page load to first picture, median", statistics.median(first_visits), "ms", 250),
        Figure("page load to first picture, worst", max(first_visits), "ms"),
        Figure("page load to first picture on a later visit, median", statistics.median(later_visits), "ms", 250),
        Figure("source's frames that are presented", shown, "%"),
    ]


def _presented(page: Page, camera: Camera) -> float:
    page.goto(camera.page)
    page.wait_for_selector("#start-recording:enabled")
    return float(page.evaluate(PRESENTED_SHARE_SCRIPT))


def load_ms(context: BrowserContext, camera: Camera) -> float:
    """Milliseconds from the start of the navigation (the page's own time origin) to the first presented frame."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST_FRAME_SCRIPT})
    page.goto(camera.page, wait_until="commit")
    asked = {"expression": "firstFrame", "awaitPromise": True}
    first = float(session.send("Runtime.evaluate", asked)["result"]["value"])
    page.wait_for_selector("#start-recording:enabled")  # what it loads after the picture is no load on the next visit
    page.close()  # not its context: later visits find the files kept there
    return first
