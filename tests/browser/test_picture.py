"""The live picture."""

from collections.abc import Callable

from demo_system import DemoSystem
from playwright.sync_api import Page

NewPage = Callable[..., Page]
SOURCE_FPS = 30

PRESENTED = """async () => {
    const { page } = await import("/static/main.js");
    const video = document.getElementById("webrtc-video");
    const next = () => new Promise((seen) => video.requestVideoFrameCallback((_, metadata) => seen(metadata)));
    const first = await next();
    let last = first;
    while (((last.rtpTimestamp - first.rtpTimestamp) >>> 0) < 3 * 90000) last = await next();
    return { presented: last.presentedFrames - first.presentedFrames,
             ticks: (last.rtpTimestamp - first.rtpTimestamp) >>> 0,
             size: [last.width, last.height], state: page.client.state };
}"""


def test_it_plays_at_the_frame_rate_of_the_source(page: Page) -> None:
    seen = page.evaluate(PRESENTED)
    sent = seen["ticks"] / 90000 * SOURCE_FPS
    assert seen["state"] == "live"
    assert seen["size"] == [1280, 720]
    assert 0.9 * sent <= seen["presented"] <= sent + 1


def test_it_plays_muted_and_inline(page: Page) -> None:
    video = page.locator("#webrtc-video")
    assert video.evaluate("video => [video.muted, video.autoplay, video.playsInline]") == [True, True, True]


def test_it_comes_through_the_web_port_where_the_streamers_port_is_blocked(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.route(f"http://localhost:{system.streamer_port}/**", lambda route: route.abort())
    with page.expect_response("**/api/webrtc/offer") as answer:
        page.goto(system.url)
    assert answer.value.url == f"{system.url}api/webrtc/offer"
    page.wait_for_selector("#camera[data-video=live]")
