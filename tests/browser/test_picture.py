"""The live picture."""

from collections.abc import Callable

from demo_system import DemoSystem
from playwright.sync_api import Page

NewPage = Callable[..., Page]

# Frames presented out of the 60 that the source sends in two seconds: the best of such spans, as soon as one is
# good, so that a machine that is busy for a moment does not matter.
PRESENTED = """async () => {
    const video = document.getElementById("webrtc-video");
    const next = () => new Promise((seen) => video.requestVideoFrameCallback((_, metadata) => seen(metadata)));
    let best = 0;
    for (let span = 0; span < 8 && best < 57; span++) {
        const first = await next();
        let last = first;
        while (((last.rtpTimestamp - first.rtpTimestamp) >>> 0) < 2 * 90000) last = await next();
        const sent = ((last.rtpTimestamp - first.rtpTimestamp) >>> 0) / 3000;
        best = Math.max(best, (last.presentedFrames - first.presentedFrames) / sent * 60);
    }
    return best;
}"""


def test_it_plays_at_the_frame_rate_of_the_source(page: Page) -> None:
    assert page.evaluate(
        "[document.querySelector('video').videoWidth, document.querySelector('video').videoHeight]"
    ) == [
        1280,
        720,
    ]
    assert 57 <= page.evaluate(PRESENTED) <= 61


def test_it_plays_muted_and_inline(page: Page) -> None:
    video = page.locator("#webrtc-video")
    assert video.evaluate("video => [video.muted, video.autoplay, video.playsInline]") == [True, True, True]


def test_it_offers_a_tap_where_the_browser_refuses_to_play(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => document.querySelector("video")?.removeAttribute("autoplay"));
        const play = HTMLMediaElement.prototype.play;
        let tapped = false;
        addEventListener("click", () => (tapped = true), true);
        HTMLMediaElement.prototype.play = function () {
            if (tapped) return play.call(this);
            return Promise.reject(new DOMException("a tap is needed", "NotAllowedError"));
        };"""
    )
    page.goto(system.url)
    page.get_by_role("button", name="タップして再生").click()
    page.wait_for_selector("#camera[data-video=live]")


def test_it_comes_through_the_web_port_where_the_streamers_port_is_blocked(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.route(f"http://localhost:{system.streamer_port}/**", lambda route: route.abort())
    with page.expect_response("**/api/webrtc/offer") as answer:
        page.goto(system.url)
    assert answer.value.url == f"{system.url}api/webrtc/offer"
    page.wait_for_selector("#camera[data-video=live]")
