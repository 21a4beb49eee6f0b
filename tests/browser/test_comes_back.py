"""Trouble is said on the picture, and ends by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import Browser, Page, Route, expect

from bench.changing_source import NARROW, WIDE
from bench.changing_source import film as make_film
from bench.lan import Lan, lan
from tests.browser.conftest import CHROMIUM, FLAGS, PETCAM, TIMEOUT_MS
from tests.browser.demo_system import DemoSystem

NewPage = Callable[..., Page]
LIVE = "#camera[data-video=live][data-way=webrtc]"  # test_fallback.py has what is shown meanwhile

COUNT_CONNECTIONS = """
    window.connections = 0;
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) { super(...options); window.connections += 1; }
    };
"""


NEXT_FRAME = "new Promise((seen) => document.querySelector('video').requestVideoFrameCallback(seen))"


def expect_connected(page: Page) -> None:
    expect(page.locator("#server-status")).to_have_text("サーバー：接続中")


def expect_disconnected(page: Page) -> None:
    expect(page.locator("#server-status")).to_have_text("サーバー：切断")


def expect_trouble(page: Page, title: str) -> None:
    """It is said on the picture, with what happens next."""
    expect(page.locator(".notice-title")).to_have_text(title)
    expect(page.locator(".notice-title")).to_be_visible()
    expect(page.locator(".notice-hint")).to_contain_text("自動")


@pytest.fixture
def webrtc_only(page: Page) -> Page:
    """The page of a viewer who wants no other picture."""
    page.evaluate("petcam.choices.set('picture', 'webrtc')")
    return page


def test_a_killed_streamer_is_said_and_the_picture_comes_back(system: DemoSystem, webrtc_only: Page) -> None:
    page = webrtc_only
    expect_connected(page)
    with system.without("petcam-streamer"):
        expect_disconnected(page)
        expect_trouble(page, "映像が途切れました")
        expect(page.locator("#recording-status")).to_have_text("録画の状態は不明")
    page.wait_for_selector(LIVE)
    expect_connected(page)
    expect(page.locator(".notice")).to_be_hidden()


def test_a_streamer_that_hangs_is_said_and_the_picture_comes_back(system: DemoSystem, webrtc_only: Page) -> None:
    page = webrtc_only
    with system.frozen("petcam-streamer"):
        expect_disconnected(page)
        expect_trouble(page, "映像が途切れました")
    page.wait_for_selector(LIVE)


def test_a_streamer_that_stays_away_is_called_unreachable_and_still_tried(
    system: DemoSystem, webrtc_only: Page
) -> None:
    page = webrtc_only
    with system.without("petcam-streamer"):
        page.wait_for_selector("#camera[data-video=unreachable]")
        expect_trouble(page, "映像を受け取れません")
        expect(page.locator(".notice-countdown")).to_contain_text("次の接続まで")
    page.wait_for_selector(LIVE)


@pytest.mark.needs_python("apart")
def test_the_picture_plays_on_while_the_web_service_is_away(system: DemoSystem, page: Page) -> None:
    expect_connected(page)
    with system.without("web"):
        expect_disconnected(page)
        page.evaluate(NEXT_FRAME)
        assert page.locator(LIVE).count() == 1
    expect_connected(page)
    page.wait_for_function("() => petcam.detections.connected")


def test_a_source_that_restarts_keeps_the_connection(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(COUNT_CONNECTIONS)
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    before = page.evaluate("connections")
    with system.without("feed"):
        page.wait_for_selector("#camera[data-video=waiting]")
        expect_trouble(page, "カメラの映像が止まっています")
    page.wait_for_selector(LIVE)
    assert page.evaluate("connections") == before


# Every state that the picture is in, and every word that is read out, from the page's beginning on.
NOTE_STATES = """
    window.states = [];
    window.said = [];
    addEventListener("DOMContentLoaded", () => {
        const camera = document.getElementById("camera");
        if (!camera) return; // the empty page before ours
        const note = () => {
            const state = `${camera.dataset.way} ${camera.dataset.video}`;
            if (state !== states[states.length - 1]) states.push(state);
        };
        note();
        new MutationObserver(note).observe(camera, { attributeFilter: ["data-way", "data-video"] });
        for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
            const hear = () => region.textContent.trim() && said.push(region.textContent.trim());
            new MutationObserver(hear).observe(region, { childList: true, characterData: true, subtree: true });
        }
    });
"""
NOTE_PEERS = """
    window.peers = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) { super(...options); peers.push(this); }
    };
"""
# How often a browser has asked for a keyframe.
ASKED = """async () => {
    const reports = await Promise.all(peers.map((peer) => peer.getStats()));
    return reports.flatMap((report) => [...report.values()]).reduce((sum, { pliCount = 0 }) => sum + pliCount, 0);
}"""
NO_FRAME_CALLBACK = "delete HTMLVideoElement.prototype.requestVideoFrameCallback"
NO_PATH = "window.RTCPeerConnection = class extends RTCPeerConnection {" + (
    "constructor(options) { super({ ...options, iceTransportPolicy: 'relay' }); } };"
)
SEVERAL = 3  # looks at the server's health, two seconds apart: meanwhile a browser asks more than once
STOPPED = "カメラの映像が止まっています"


@pytest.mark.parametrize(
    ("choice", "script"),
    [
        pytest.param("webrtc", "", id="webrtc"),
        pytest.param("webrtc", NO_FRAME_CALLBACK, id="webrtc in a browser that says nothing of its pictures"),
        pytest.param("mjpeg", "", id="mjpeg", marks=pytest.mark.needs_python("pictures")),
    ],
)
def test_a_dead_camera_is_one_state_and_said_once_however_often_the_browser_asks_for_pictures(
    system: DemoSystem, new_page: NewPage, choice: str, script: str
) -> None:
    page = new_page()
    page.add_init_script(f"localStorage.setItem('petcam.picture', '{choice}');{script};{NOTE_STATES}{NOTE_PEERS}")
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/stream.mjpg" in request.url else None)
    page.goto(system.url)
    page.wait_for_selector(f"#camera[data-video=live][data-way={choice}]")
    expect_connected(page)
    expect(page.locator("#recording-status[data-state=off]")).to_be_visible()  # it says so once, too
    before = page.evaluate(ASKED)
    page.evaluate("states.length = said.length = 0")
    streams.clear()
    with system.without("feed"):
        expect_trouble(page, STOPPED)
        if choice == "webrtc":
            page.wait_for_function(f"async (before) => (await ({ASKED})()) > before", arg=before)
        for _ in range(SEVERAL):  # for what must not come
            with page.expect_response("**/api/go/health"):
                pass
        assert choice == "webrtc" or streams
        assert page.evaluate("states") == ["webrtc waiting"]
        assert len(page.evaluate("said")) == 1
    page.wait_for_selector(f"#camera[data-video=live][data-way={choice}]")


def test_what_a_dead_camera_last_sent_is_not_live_on_a_page_that_is_opened_then(
    system: DemoSystem, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script(NOTE_STATES)
    with system.without("feed"):
        wait_for_camera(system, "silent")
        page.goto(system.url)
        expect_trouble(page, STOPPED)
        assert page.evaluate("states") == ["webrtc connecting", "webrtc waiting"]
    page.wait_for_selector(LIVE)


def test_old_pictures_are_no_sign_of_life(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        """localStorage.setItem("petcam.picture", "webrtc");
        const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
        HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
            return ask.call(this, (now, frame) => {
                const { rtpTimestamp } = frame;
                window.first ??= rtpTimestamp;
                callback(now, { ...frame, rtpTimestamp: window.old ? first + (rtpTimestamp % 90000) : rtpTimestamp });
            });
        };"""
    )
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("#choices:enabled")
    page.wait_for_function("() => document.getElementById('webrtc-video').currentTime > 2")
    page.evaluate("window.old = true")
    page.wait_for_selector("#camera[data-video=reconnecting]")
    page.evaluate("window.old = false")
    page.wait_for_selector(LIVE)


@pytest.mark.parametrize(
    ("timestamps", "wanted"),
    [
        pytest.param([5, 6, 6, 4, 7], [True, True, False, False, True], id="older or the same"),
        pytest.param([2**32 - 1, 0, 2**32 - 1, 1], [True, True, False, True], id="around the end of the numbers"),
        pytest.param([2**31, 5, 6], [True, True, True], id="of a board that has started anew"),
        pytest.param([5, None, 5], [True, True, False], id="of which nothing is known"),
    ],
)
def test_a_picture_is_new_or_was_there_before(modules: Page, timestamps: list[int | None], wanted: list[bool]) -> None:
    found = modules.evaluate(
        """async (timestamps) => {
            const { NewestFrame } = await import("/static/lib/frames.js");
            const newest = new NewestFrame();
            return timestamps.map((timestamp) => newest.isNewer(timestamp ?? undefined));
        }""",
        timestamps,
    )
    assert found == wanted


@pytest.mark.needs_python("pictures")
def test_it_is_not_called_live_before_there_is_a_picture(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(NOTE_STATES + NO_PATH)
    page.goto(system.url)
    page.wait_for_selector("#camera[data-video=live][data-way=mjpeg]")
    assert "webrtc live" not in page.evaluate("states")


def test_a_picture_that_changes_its_size_plays_on(new_page: NewPage, tmp_path: Path) -> None:
    """A second of one size, a second of the other, again and again: each has an SPS of its own."""
    film = tmp_path / "film.h264"
    film.write_bytes(b"".join(data for width in (NARROW, WIDE) for data, _ in make_film(width)))
    page = new_page()
    page.add_init_script(COUNT_CONNECTIONS)
    with DemoSystem(tmp_path, source=str(film)) as system:
        page.goto(system.url)
        page.wait_for_selector(LIVE)
        before = page.evaluate("connections")
        for width in (NARROW, WIDE, NARROW, WIDE):
            page.wait_for_function("width => document.querySelector('video').videoWidth === width", arg=width)
        page.evaluate(NEXT_FRAME)
        assert page.locator(LIVE).count() == 1
        assert page.evaluate("connections") == before


def test_a_page_that_was_hidden_while_the_streamer_restarted_plays_once_it_is_seen(
    system: DemoSystem, page: Page
) -> None:
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    with system.without("petcam-streamer"):
        pass
    wait_for_viewers(system, 0)
    page.evaluate(hide, False)
    page.wait_for_selector(LIVE)
    page.evaluate(NEXT_FRAME)
    wait_for_viewers(system, 1)


def test_a_browser_that_slept_until_it_was_given_up_plays_again(system: DemoSystem, browser: Browser) -> None:
    mark = f"--petcam-sleeper-{system.port}"
    sleeper = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, mark])
    with closing(sleeper):
        page = sleeper.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(system.url)
        page.wait_for_selector(LIVE)
        wait_for_viewers(system, 1)
        with asleep(mark):
            wait_for_viewers(system, 0)
        wait_for_viewers(system, 1)
        page.wait_for_selector(LIVE)
        page.evaluate(NEXT_FRAME)


@contextmanager
def asleep(mark: str) -> Iterator[None]:
    """All processes of the browser that was started with ``mark``, as when a laptop is closed."""
    # The first: where a script starts the browser, it is that.
    main, *_ = (process for process in psutil.Process().children(recursive=True) if is_browser(process, mark))
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # ended meanwhile
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def is_browser(process: psutil.Process, mark: str) -> bool:
    try:
        words = process.cmdline()
    except psutil.NoSuchProcess:  # it ended, or is a zombie of the browsers before
        return False
    return mark in words and not any(word.startswith("--type=") for word in words)


def wait_for_viewers(system: DemoSystem, count: int) -> None:
    """The streamer lets a viewer that is silent go after some twenty seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):  # where who was away was the page's server too
            answer = requests.get(f"{system.url}api/go/health", timeout=5)
            if answer.ok and answer.json()["webrtc_clients"] == count:
                return
        time.sleep(0.1)
    raise AssertionError(f"not {count} viewers")


def wait_for_camera(system: DemoSystem, state: str) -> None:
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while requests.get(f"{system.url}api/go/health", timeout=5).json()["camera"]["state"] != state:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # it tells nobody


@pytest.fixture
def network(browser: Browser) -> Iterator[tuple[Lan, Browser]]:
    """A network, and a browser that reaches this machine by it."""
    try:
        with lan(str(CHROMIUM)) as (made, inside):
            apart = browser.browser_type.launch(executable_path=inside, args=FLAGS)
            yield made, apart
            apart.close()
    except OSError as error:
        pytest.skip(f"this machine allows no network namespaces: {error}")


def test_the_picture_comes_back_with_the_network(network: tuple[Lan, Browser], tmp_path: Path) -> None:
    made, browser = network
    with DemoSystem(tmp_path, host="0.0.0.0") as system:
        page = browser.new_page(locale="ja-JP")
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"http://{made.server}:{system.port}/")
        page.wait_for_selector("#start-recording:enabled")
        page.evaluate(PETCAM)
        expect_connected(page)
        with made.silent():
            expect_disconnected(page)
            expect_trouble(page, "映像を受け取れません")
        page.wait_for_selector(LIVE)
        page.evaluate(NEXT_FRAME)
        expect_connected(page)
        page.wait_for_function("() => petcam.detections.connected")


def test_without_a_camera_it_says_so_and_shows_the_picture_by_itself(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    with system.without("feed"):
        system.remove_stream()
        page.goto(system.url)
        expect_trouble(page, "カメラからまだ映像が届いていません")
        expect_connected(page)
    page.wait_for_selector(LIVE)


def test_a_page_that_was_left_is_no_viewer_and_plays_again_on_return(
    system: DemoSystem, page: Page, new_page: NewPage
) -> None:
    other = new_page()
    wait_for_viewers(system, 1)  # those of the tests before may still be counted
    other.goto(system.url)
    expect(other.locator("#viewers")).to_have_text("視聴 2 人")
    page.goto("/healthz")
    expect(other.locator("#viewers")).to_have_text("視聴 1 人")
    page.go_back()
    page.wait_for_selector(LIVE)
    wait_for_viewers(system, 2)


def test_a_connection_that_failed_is_made_again(system: DemoSystem, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(NOTE_STATES)
    page.goto(system.url)
    page.wait_for_selector(LIVE)
    page.evaluate(PETCAM)
    page.evaluate("petcam.choices.set('picture', 'webrtc')")
    page.evaluate(
        """() => {
            states.length = 0;
            document.querySelector("video").srcObject.getTracks().forEach((track) => track.stop());
        }"""
    )
    page.wait_for_function("() => states.includes('webrtc reconnecting')")  # for half a second
    page.wait_for_selector(LIVE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(503, '{"status": "ok", "camera": {"state": "live"}}', id="503"),
        pytest.param(504, '{"error": "Go server timeout", "message": "late"}', id="504"),
        pytest.param(200, '{"status": "degraded"}', id="200 that is no health"),
        pytest.param(200, "<html>", id="200 that is no JSON"),
    ],
)
def test_a_bad_health_is_never_called_connected(system: DemoSystem, new_page: NewPage, status: int, body: str) -> None:
    page = new_page()
    page.route("**/api/go/health", lambda route: answer(route, status, body))
    page.add_init_script(
        """window.said = [];
        addEventListener("DOMContentLoaded", () => {
            const status = document.getElementById("server-status");
            if (!status) return; // the empty page before ours
            const note = () => window.said.push(status.textContent);
            note();
            new MutationObserver(note).observe(status, { childList: true });
        });"""
    )
    page.goto(system.url)
    expect_disconnected(page)
    with page.expect_response("**/api/go/health"):
        pass
    assert not any("接続中" in said for said in page.evaluate("said"))


def answer(route: Route, status: int, body: str) -> None:
    route.fulfill(status=status, content_type="application/json", body=body)
