"""There is always a picture: MJPEG where WebRTC gives none, and the way back; or what the viewer chose."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PETCAM
from tests.browser.demo_system import DemoSystem
from tests.browser.leaving import leave

NewPage = Callable[..., Page]
WEBRTC = "#camera[data-video=live][data-way=webrtc]"
MJPEG = "#camera[data-video=live][data-way=mjpeg]"

# Of pictures that are shown from now on.
MJPEG_MOVES = """() => new Promise((seen) => {
    const stamps = new Set();
    const stop = petcam.view.eachFrame(({ rtpTimestamp }) => {
        stamps.add(rtpTimestamp);
        if (stamps.size === 3) seen(stop());
    });
})"""
BOXES_ON_THEIR_FRAME = """() => new Promise((drawn) => petcam.overlay.addEventListener("draw", function look() {
    const { state } = petcam.overlay;
    if (state.match !== "exact" || !state.detections.length) return;
    petcam.overlay.removeEventListener("draw", look);
    drawn(petcam.fallback.way);
}))"""
# Peer connections that find no way to the server, as behind a firewall, while `blocked` is set.
BLOCKABLE = """
    window.blocked = true;
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(options) { super({ ...options, iceTransportPolicy: window.blocked ? "relay" : "all" }); }
    };
"""
COUNT_PEERS = """
    window.peers = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) { super(...options); window.peers.push(this); }
    };
"""
NO_PEER = "() => peers.every(({ connectionState }) => connectionState === 'closed')"


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The streams of pictures that the page asks for, from now on."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if "/stream.mjpg" in request.url else None)
    return urls


def pick(page: Page, label: str) -> None:
    page.get_by_role("button", name="表示の設定").click()
    page.get_by_label(label, exact=True).check()
    page.keyboard.press("Escape")


def expect_one_sentence(page: Page, where: str) -> None:
    """What is wrong is said there on the picture and nowhere else; what nobody knows is neither shown nor pressed."""
    expect(page.locator(f"{where}[data-lasting]")).to_be_visible()
    for other in {"#way", "#boxes", "#viewers", "#camera-status"} - {where}:
        expect(page.locator(other)).to_be_empty()
    expect(page.locator("#server-status")).to_be_hidden()
    for figure in ("#recording-time", "#recording-frames", "#recording-size", "#recording-file", "#recording-note"):
        expect(page.locator(figure)).to_be_empty()
    for unpressed in ("#start-recording", "#stop-recording"):
        expect(page.locator(unpressed)).to_be_disabled()
    for unseen in ("#recording-details", "#last-recording"):
        expect(page.locator(unseen)).to_be_hidden()


@pytest.mark.needs_python("apart")
def test_a_killed_web_server_is_said_in_one_sentence_on_the_picture_that_goes_on(
    system: DemoSystem, page: Page
) -> None:
    while not page.request.post("/api/recording/start").ok:
        pass  # the camera is just coming up
    expect(page.locator("#recording-time")).not_to_be_empty()
    page.locator("#stop-recording").click()
    expect(page.locator("#last-recording")).to_be_visible()
    with system.without("web"):
        expect(page.locator("#boxes")).to_have_text(
            "カメラのサーバーが応答しません。復旧すると録画できるようになります。"
        )
        expect_one_sentence(page, "#boxes")
        expect(page.locator("#live")).to_have_text("ライブ")
        expect(page.locator(".notice")).to_be_hidden()
    expect(page.locator("#boxes")).to_be_empty()
    expect(page.locator("#server-status")).to_be_visible()
    expect(page.locator("#start-recording")).to_be_enabled()
    expect(page.locator("#last-recording")).to_be_visible()


@pytest.mark.needs_python("pictures")
def test_a_killed_streamer_leaves_a_picture_with_its_boxes_and_webrtc_comes_back(
    system: DemoSystem, page: Page
) -> None:
    page.evaluate("window.same = true")
    with system.without("petcam-streamer"):
        page.wait_for_selector(MJPEG)
        page.evaluate(MJPEG_MOVES)
        assert page.evaluate(BOXES_ON_THEIR_FRAME) == "mjpeg"
        expect(page.locator("#way")).to_have_text("簡易映像：ストリーミングサーバーに接続できません。")
        expect(page.locator(".notice")).to_be_hidden()
        expect(page.locator("#server-status")).to_have_text("サーバー：切断")
        expect(page.locator("#recording-status")).to_have_text("録画の状態は不明")
        expect_one_sentence(page, "#way")
    page.wait_for_selector(WEBRTC)
    assert page.evaluate(BOXES_ON_THEIR_FRAME) == "webrtc"
    expect(page.locator("#way")).to_be_empty()
    expect(page.locator("#recording-status")).to_have_text("○ 録画：停止中")
    assert page.evaluate("same")


@pytest.mark.needs_python("pictures")
def test_the_stream_of_pictures_ends_once_webrtc_is_back(system: DemoSystem, page: Page) -> None:
    with page.expect_request("**/stream.mjpg*") as stream:
        with system.without("petcam-streamer"):
            page.wait_for_selector(MJPEG)
    page.wait_for_selector(WEBRTC)
    page.wait_for_function("() => petcam.view.state === 'closed'")
    assert stream.value.failure is not None


@pytest.mark.needs_python("pictures")
def test_it_is_webrtc_again_only_once_its_picture_is_there(system: DemoSystem, page: Page) -> None:
    page.evaluate(
        """() => {
            const camera = document.getElementById("camera");
            const video = document.getElementById("webrtc-video");
            // Null where there is no picture to copy: a video may be a moment behind the callback for its first one.
            const isBlack = () => {
                const copy = new OffscreenCanvas(64, 36).getContext("2d");
                copy.drawImage(video, 0, 0, 64, 36);
                const { data } = copy.getImageData(0, 0, 64, 36);
                return data[3] ? data.every((value, i) => i % 4 === 3 || value < 20) : null;
            };
            const look = (seen) => {
                seen[2] = isBlack();
                if (seen[2] === null) requestAnimationFrame(() => look(seen));
            };
            window.seen = [];
            let way = camera.dataset.way;
            new MutationObserver(() => {
                if (camera.dataset.way === way) return; // written again
                way = camera.dataset.way;
                const seen = [way, video.videoWidth, null];
                window.seen.push(seen);
                look(seen);
            }).observe(camera, { attributeFilter: ["data-way"] });
        }"""
    )
    with system.without("petcam-streamer"):
        page.wait_for_selector(MJPEG)
        page.wait_for_function("() => petcam.client.detail.error?.phrase === 'Go server unavailable'")
    page.wait_for_selector(WEBRTC)
    page.wait_for_function("() => seen.at(-1)[2] !== null")
    assert page.evaluate("seen")[-1] == ["webrtc", 1280, False]


@pytest.mark.needs_python("pictures")
def test_it_falls_back_where_no_media_comes_through_and_returns_once_it_does(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script(BLOCKABLE)
    page.goto(system.url)
    page.wait_for_selector(MJPEG)
    expect(page.locator("#way")).to_have_text("簡易映像：WebRTC に接続しています")
    expect(page.locator("#server-status")).to_have_text("サーバー：接続中")
    page.wait_for_selector("#start-recording:enabled")
    page.evaluate("window.blocked = false")
    page.wait_for_selector(WEBRTC)


@pytest.mark.needs_python("pictures")
def test_a_browser_without_webrtc_gets_a_picture(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    page.add_init_script("delete window.RTCPeerConnection")
    page.goto(system.url)
    page.wait_for_selector(MJPEG)
    expect(page.locator("#way")).to_have_text("Basic picture: this browser has no WebRTC")


@pytest.mark.needs_python("pictures")
def test_a_browser_without_h264_gets_a_picture_and_offers_nothing(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("RTCRtpReceiver.getCapabilities = () => ({ codecs: [{ mimeType: 'video/VP8' }] })")
    offers: list[str] = []
    page.on("request", lambda request: offers.append(request.url) if request.url.endswith("/offer") else None)
    page.goto(system.url)
    page.wait_for_selector(MJPEG)
    expect(page.locator("#way")).to_have_text("簡易映像：このブラウザーは H.264 の映像に対応していません")
    assert offers == []


@pytest.mark.needs_python("pictures")
def test_a_browser_that_does_not_say_whether_it_has_h264_is_refused_once_and_told_why(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page(locale="en-US")
    page.add_init_script("delete RTCRtpReceiver.getCapabilities")
    offers: list[Route] = []

    def leave_h264_out(route: Route) -> None:
        offers.append(route)
        route.continue_(post_data=(route.request.post_data or "").replace("H264", "H26X"))

    page.route("**/api/webrtc/offer", leave_h264_out)
    page.goto(system.url)
    page.wait_for_selector(MJPEG)
    expect(page.locator("#way")).to_have_text("Basic picture: This browser has no H.264 for WebRTC.")
    expect(page.locator("#viewers")).to_have_text(re.compile("^[1-9]"))
    page.evaluate(PETCAM)
    assert page.evaluate("petcam.client.detail.error.retryAfter") == 60
    assert len(offers) == 1


@pytest.mark.needs_python("pictures")
def test_a_browser_without_javascript_gets_a_picture_with_boxes_in_it(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    with page.expect_response("**/stream.mjpg?*") as stream:
        page.goto(system.url, wait_until="commit")
    assert stream.value.ok and "boxes=1" in stream.value.url
    image = page.get_by_role("img", name="ペットカメラの映像")
    expect(image).to_have_js_property("naturalWidth", 1280)
    expect(image).to_be_visible()


@pytest.mark.needs_python("pictures")
def test_a_browser_that_cannot_read_the_modules_gets_a_picture_and_is_told(
    system: DemoSystem, browser: Browser
) -> None:
    page = browser.new_page(locale="en-US")  # new_page would not have a script that fails

    def change(route: Route) -> None:
        answer = route.fetch()
        unreadable = answer.text().replace('"use strict";', "class { #later than this browser };")
        headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        route.fulfill(response=answer, headers=headers, body=unreadable)

    page.route(re.compile(r":\d+/$"), change)
    page.goto(system.url)
    expect(page.locator("#old")).to_contain_text("too old")
    page.wait_for_function("() => document.querySelector('img.plain').naturalWidth === 1280")
    expect(page.get_by_role("button")).to_have_count(0)
    leave(page.context)


@pytest.mark.needs_python("pictures")
def test_a_full_house_is_said_on_the_picture_that_there_still_is(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.route(
        "**/api/webrtc/offer",
        lambda route: route.fulfill(
            status=503,
            headers={"Retry-After": "1", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"},
            json={"error": "Too many viewers", "message": "16 are watching"},
        ),
    )
    page.goto(system.url)
    page.wait_for_selector(MJPEG)
    expect(page.locator("#way")).to_have_text("簡易映像：視聴者が上限に達しています。")
    page.unroute("**/api/webrtc/offer")
    page.wait_for_selector(WEBRTC)


@pytest.mark.needs_python("pictures")
def test_mjpeg_by_choice_leaves_no_connection_and_outlives_a_reload(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(COUNT_PEERS)
    page.goto(system.url)
    page.wait_for_selector(WEBRTC)
    pick(page, "MJPEG")
    page.wait_for_selector(MJPEG)
    page.wait_for_function(NO_PEER)
    expect(page.locator("#way")).to_have_text("MJPEG")
    page.reload()
    page.wait_for_selector(MJPEG)
    page.wait_for_function(NO_PEER)
    pick(page, "自動")
    page.wait_for_selector(WEBRTC)


@pytest.mark.needs_python("pictures")
def test_webrtc_by_choice_is_all_there_is(system: DemoSystem, page: Page, asked: list[str]) -> None:
    pick(page, "WebRTC")
    with system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-video=unreachable]")
        expect(page.locator(".notice-title")).to_be_visible()
    page.wait_for_selector(WEBRTC)
    assert asked == []


@pytest.mark.parametrize(
    ("status", "error"), [(501, "Not supported here"), (503, "Camera silent"), (503, "Too many clients")]
)
@pytest.mark.needs_python("pictures")
def test_where_there_are_no_pictures_the_notice_stays(
    system: DemoSystem, page: Page, asked: list[str], status: int, error: str
) -> None:
    page.route("**/stream.mjpg*", lambda route: route.fulfill(status=status, json={"error": error, "message": "no"}))
    with system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-video=unreachable]")
        expect(page.locator(".notice-title")).to_have_text("映像を受け取れません")
        expect(page.locator("#way")).to_be_empty()
    page.wait_for_selector(WEBRTC)
    assert asked


@pytest.mark.needs_python("pictures")
def test_what_mjpeg_by_choice_lacks_is_said(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page(locale="en-US")
    page.route(
        "**/stream.mjpg*",
        lambda route: route.fulfill(status=501, json={"error": "Not supported here", "message": "no"}),
    )
    page.add_init_script("delete window.RTCPeerConnection")
    page.goto(system.url)
    expect(page.locator(".notice-title")).to_have_text("MJPEG needs PyAV (python3-av).")


@pytest.mark.needs_python("pictures")
def test_the_picture_ends_with_the_pictures_and_says_that_the_camera_is_silent(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(system.url)
    page.wait_for_selector(WEBRTC)
    page.wait_for_selector("#choices:enabled")
    pick(page, "MJPEG")
    page.wait_for_selector(MJPEG)
    with system.without("feed"):
        page.wait_for_selector("#camera[data-video=waiting]")
        expect(page.locator(".notice-title")).to_have_text("カメラの映像が止まっています")
    page.wait_for_selector(MJPEG)


@pytest.mark.needs_python("pictures")
def test_a_hidden_page_has_no_stream_of_pictures(system: DemoSystem, page: Page) -> None:
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    pick(page, "MJPEG")
    page.wait_for_selector(MJPEG)
    with page.expect_event("requestfailed", lambda request: "/stream.mjpg" in request.url):
        page.evaluate(hide, True)
    with page.expect_request("**/stream.mjpg*"):
        page.evaluate(hide, False)
    page.evaluate(MJPEG_MOVES)


@pytest.mark.parametrize(
    ("size", "ratio", "width"), [((390, 844), 1, 480), ((390, 844), 3, 1280), ((1280, 800), 1, 1280)]
)
@pytest.mark.needs_python("pictures")
def test_it_asks_for_no_more_pixels_than_the_screen_shows(
    system: DemoSystem, new_page: NewPage, size: tuple[int, int], ratio: int, width: int
) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=ratio)
    page.add_init_script("delete window.RTCPeerConnection")
    with page.expect_request("**/stream.mjpg*") as stream:
        page.goto(system.url)
    assert stream.value.url.endswith(f"?width={width}")
    page.wait_for_selector(MJPEG)
    page.evaluate(PETCAM)
    assert page.evaluate("[petcam.view.width, petcam.view.height]") == [width, width * 9 // 16]


# A stream of the test's own: `send(name, ...)` puts parts of pictures of one colour into one piece of it.
OWN_STREAM = """() => {
    const colours = { red: "#f00", green: "#0f0", blue: "#00f" };
    const jpeg = async (name) => {
        const canvas = new OffscreenCanvas(16, 16);
        const context = canvas.getContext("2d");
        context.fillStyle = colours[name];
        context.fillRect(0, 0, 16, 16);
        const blob = await canvas.convertToBlob({ type: "image/jpeg" });
        return new Uint8Array(await blob.arrayBuffer());
    };
    window.fetch = async () => new Response(new ReadableStream({ start: (control) => (window.control = control) }));
    window.part = async (name, stamp) => {
        const body = name in colours ? await jpeg(name) : new TextEncoder().encode(name);
        const head = `--b\\r\\nContent-Length: ${body.length}\\r\\nX-Rtp-Timestamp: ${stamp}\\r\\n\\r\\n`;
        return [...new TextEncoder().encode(head), ...body, 13, 10];
    };
    window.send = async (...parts) => {
        const bytes = [];
        for (const [name, stamp] of parts) bytes.push(...(await part(name, stamp)));
        control.enqueue(new Uint8Array(bytes));
    };
}"""
OWN_VIEW = """async () => {
    const { MjpegView } = await import("/static/live/mjpeg_view.js");
    window.canvas = document.body.appendChild(document.createElement("canvas"));
    window.view = new MjpegView(canvas, () => window.camera ?? "");
    window.shown = [];
    view.eachFrame(({ rtpTimestamp }) => shown.push(rtpTimestamp));
    view.start();
}"""
COLOUR = "() => [...canvas.getContext('2d').getImageData(8, 8, 1, 1).data].map((value) => value > 127)"


@pytest.fixture
def own_stream(system: DemoSystem, browser: Browser) -> Iterator[Page]:
    """A page with nothing but a view, and the stream that it reads."""
    page = browser.new_page()
    page.goto(f"{system.url}healthz")
    page.evaluate(OWN_STREAM)
    page.evaluate(OWN_VIEW)
    page.wait_for_function("() => window.control")
    yield page
    leave(page.context)


def shown(page: Page, count: int) -> Any:
    page.wait_for_function("(count) => shown.length >= count", arg=count)
    return page.evaluate("shown")


def test_of_pictures_that_came_together_only_the_newest_is_shown(own_stream: Page) -> None:
    own_stream.evaluate("send(['red', 1], ['green', 2], ['blue', 3])")
    assert shown(own_stream, 1) == [3]
    assert own_stream.evaluate(COLOUR) == [False, False, True, True]


def test_a_picture_may_come_byte_by_byte(own_stream: Page) -> None:
    own_stream.evaluate("part('green', 7).then((bytes) => bytes.forEach((b) => control.enqueue(new Uint8Array([b]))))")
    assert shown(own_stream, 1) == [7]
    assert own_stream.evaluate(COLOUR) == [False, True, False, True]


def test_a_broken_picture_is_passed_over(own_stream: Page) -> None:
    own_stream.evaluate("send(['no picture', 1])")
    own_stream.evaluate("send(['red', 2])")
    assert shown(own_stream, 1) == [2]


def test_what_a_silent_camera_last_sent_is_not_shown_as_live(own_stream: Page) -> None:
    own_stream.evaluate("window.before = control; window.camera = 'silent'; view.close(); view.start()")
    own_stream.wait_for_function("() => control !== before")
    own_stream.evaluate("send(['red', 1])")
    own_stream.evaluate("send(['green', 1]).then(() => send(['blue', 2]))")
    assert shown(own_stream, 1) == [2]


def test_a_slow_decoder_builds_no_backlog(own_stream: Page) -> None:
    own_stream.evaluate(
        """() => {
            const decode = createImageBitmap;
            window.createImageBitmap = (blob) => new Promise((go) => (window.go = go)).then(() => decode(blob));
        }"""
    )
    own_stream.evaluate("send(['red', 1])")
    own_stream.wait_for_function("() => window.go")
    own_stream.evaluate("send(['green', 2]).then(() => send(['blue', 3]))")
    own_stream.evaluate("() => { const first = go; window.go = null; first(); }")
    own_stream.wait_for_function("() => window.go")
    own_stream.evaluate("go()")
    assert shown(own_stream, 2) == [1, 3]


@pytest.mark.parametrize("junk", ["\r\n\r\n", "Content-Length: x\r\n\r\n", "x" * 5000])
def test_what_is_no_stream_of_pictures_is_a_failure(own_stream: Page, junk: str) -> None:
    own_stream.evaluate("(junk) => control.enqueue(new TextEncoder().encode(junk))", junk)
    own_stream.wait_for_function("() => view.state === 'lost'")
