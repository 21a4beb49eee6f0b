"""The live picture."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]

# Settled once so many frames have been presented one after the other as the source makes them, 30 a second: a machine
# that is busy for a moment leaves some out, a stream of fewer frames never has such a run.
EVERY_FRAME = """(length) => new Promise((done) => {
    const video = document.getElementById("webrtc-video");
    let last, run = 0;
    const look = (_, { rtpTimestamp }) => {
        run = Math.abs(((rtpTimestamp - last) | 0) - 3000) <= 1 ? run + 1 : 0;
        last = rtpTimestamp;
        if (run === length) done();
        else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
})"""


def test_it_plays_every_frame_of_the_source(page: Page) -> None:
    size = "[document.querySelector('video').videoWidth, document.querySelector('video').videoHeight]"
    assert page.evaluate(size) == [1280, 720]
    page.evaluate(EVERY_FRAME, 15)


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
    page.route(f"http://127.0.0.1:{system.streamer_port}/**", lambda route: route.abort())
    with page.expect_response("**/api/webrtc/offer") as answer:
        page.goto(system.url)
    assert answer.value.url == f"{system.url}api/webrtc/offer"
    page.wait_for_selector("#camera[data-video=live]")
