"""What a foreign page may do, and markup where it does not belong, in a real browser."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from petcam.access.owner import Owner, Role
from petcam.shm.detections import Box, DetectionWriter
from petcam.shm.stream import StreamReader
from tests.browser.demo_system import DemoSystem
from tests.real_services import OWNER, RECORDING, VIEWER, RealServices

NewPage = Callable[..., Page]

MARKUP = "<img src=x onerror=pwned=1>"
CHANGES = ("/account/viewer/remove", "/account/logout-everywhere", "/logout", f"/api/recordings/{RECORDING}/pin")
# A form that goes into a frame, so that the page stays; its load, or the refusal to show it, is the answer.
POST_FORM = """(url) => new Promise((answered) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "into" });
    const form = Object.assign(document.createElement("form"), { method: "post", action: url, target: "into" });
    document.body.append(frame, form);
    frame.onload = () => { if (form.sent) answered(frame.remove()); };
    form.sent = true;
    form.submit();
})"""
POST_FETCH = (
    """(url) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }).catch(() => 0)"""
)
# Whatever of the answers a page gets to see, as one text for each attempt.
READ = """async ({ web, streamer }) => {
    const seen = [];
    const told = (what) => (text) => { if (text) seen.push(`${what}: ${text}`); };
    const text = (url, options) => fetch(url, options).then((answer) => answer.text()).then(told(url)).catch(() => 0);
    const event = (source, good) => new Promise((over) => {
        for (const name of good) source.addEventListener(name, () => over(told(source.url)(name)));
        source.addEventListener("error", over);
    }).finally(() => source.close());
    const pixels = (url) => new Promise((over) => {
        const readable = () => {
            const canvas = document.createElement("canvas");
            canvas.getContext("2d").drawImage(picture, 0, 0);
            over(told(url)(canvas.toDataURL().slice(0, 20)));
        };
        const wanted = { crossOrigin: "use-credentials", onload: readable, onerror: over, src: url };
        const picture = Object.assign(new Image(), wanted);
    });
    const options = { credentials: "include" };
    const peer = new RTCPeerConnection();
    peer.addTransceiver("video", { direction: "recvonly" });
    const offer = await peer.createOffer();
    const posted = { ...options, method: "POST", body: JSON.stringify(offer) };
    const paths = ["/", "/api/recordings", "/api/webrtc/config", "/healthz", "/static/petcam.css"];
    await Promise.all([
        ...paths.map((path) => text(web + path, options)),
        ...["/health", "/metrics", "/status", "/api/webrtc/offer", "/whep"].map((path) => text(streamer + path)),
        text(streamer + "/health", { targetAddressSpace: "local" }),
        text(web + "/api/webrtc/offer", posted),
        text(streamer + "/api/webrtc/offer", { ...posted, headers: { "Content-Type": "application/json" } }),
        event(new EventSource(web + "/api/detections/stream", { withCredentials: true }), ["open", "message"]),
        event(new WebSocket(web.replace("http", "ws") + "/"), ["open", "message"]),
        event(new WebSocket(streamer.replace("http", "ws") + "/api/webrtc/offer"), ["open", "message"]),
        pixels(web + "/snapshot.jpg?width=64"),
    ]);
    peer.close();
    return seen;
}"""
# Streams and pictures that never end, by many names of the board: a browser allows six connections to each.
FLOOD = """({ port, streamer }) => {
    for (let name = 0; name < 20; name += 1) {
        const host = name ? `n${name}.localhost` : "localhost";
        for (let turn = 0; turn < 6; turn += 1) {
            const url = `http://${host}:${port}/api/detections/stream?${turn}`;
            new EventSource(url, { withCredentials: true });
            fetch(url, { mode: "no-cors", credentials: "include" }).catch(() => 0);
            new Image().src = `http://${host}:${port}/stream.mjpg?width=${64 + 2 * turn}`;
            new WebSocket(`ws://${host}:${port}/`);
            const offer = { method: "POST", mode: "no-cors", body: "{}" };
            fetch(`http://${host}:${streamer}/api/webrtc/offer`, offer).catch(() => 0);
        }
    }
}"""
DRAWN = """() => {
    window.drawn = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        window.drawn.push(text);
        return fillText.call(this, text, ...where);
    };
}"""


@pytest.fixture(scope="module")
def petcam(system: DemoSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    """Behind passwords; its picture is the demo's, its detector the tests'."""
    with RealServices(tmp_path_factory.mktemp("petcam"), system.stream) as running:
        running.start("web", "streamer")
        yield running


@pytest.fixture
def page(petcam: RealServices, new_page: NewPage) -> Page:
    """The owner's."""
    page = new_page(locale="en-US")
    page.add_init_script(f"({DRAWN})()")
    page.goto(at_home(petcam) + "/login")
    page.get_by_label("Password").fill(OWNER)
    page.keyboard.press("Enter")
    page.wait_for_url(at_home(petcam) + "/")
    return page


def at_home(petcam: RealServices) -> str:
    return f"http://localhost:{petcam.port}"


@pytest.fixture(scope="module")
def foreign_port() -> Iterator[int]:
    """Of a site that serves an empty page."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])  # the first is the same site to SameSite: cookies go along
def test_a_foreign_page_changes_nothing(petcam: RealServices, page: Page, foreign_port: int, host: str) -> None:
    page.goto(f"http://{host}:{foreign_port}/")
    for path in CHANGES:
        page.evaluate(POST_FORM, at_home(petcam) + path)
        page.evaluate(POST_FETCH, at_home(petcam) + path)
    assert petcam.recorded() == [RECORDING]
    assert Owner(Path(petcam.state)).verify(VIEWER) is Role.VIEWER
    page.goto(at_home(petcam) + "/")
    assert page.url == at_home(petcam) + "/"  # still logged in


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_foreign_page_reads_nothing(petcam: RealServices, page: Page, foreign_port: int, host: str) -> None:
    """Not by fetch, event stream, WebSocket, picture or offer; from the first host the owner's cookie goes along."""
    page.goto(f"http://{host}:{foreign_port}/")
    streamer = f"http://localhost:{petcam.streamer_port}"
    assert page.evaluate(READ, {"web": at_home(petcam), "streamer": streamer}) == []


def test_the_owner_sees_the_picture_in_another_browser_while_a_foreign_page_floods_from_his(
    petcam: RealServices, page: Page, new_page: NewPage, foreign_port: int
) -> None:
    page.goto(f"http://localhost:{foreign_port}/")  # the owner's cookie goes along
    page.evaluate(FLOOD, {"port": petcam.port, "streamer": petcam.streamer_port})
    other = new_page(locale="en-US")
    other.goto(at_home(petcam) + "/login")
    other.get_by_label("Password").fill(OWNER)
    other.keyboard.press("Enter")
    other.wait_for_selector("#camera[data-video=live]")


def test_markup_is_no_label_of_a_recording(page: Page) -> None:
    start = """(filename) => fetch("/api/recording/start", {method: "POST", body: JSON.stringify({filename})})
        .then((answer) => answer.status)"""
    assert page.evaluate(start, MARKUP) == 400


def test_markup_as_a_class_is_drawn_as_text(petcam: RealServices, page: Page, system: DemoSystem) -> None:
    page.wait_for_selector("#camera[data-video=live]")
    ended = threading.Event()
    detector = threading.Thread(target=find_markup, args=(petcam, system, ended))
    detector.start()
    try:
        page.wait_for_function("(text) => window.drawn.some((each) => each.startsWith(text))", arg=MARKUP)
    finally:
        ended.set()
        detector.join()
    nothing_ran(page)


def find_markup(petcam: RealServices, system: DemoSystem, ended: threading.Event) -> None:
    """A detector that sees it on every frame."""
    with StreamReader(system.stream) as stream:
        with DetectionWriter(petcam.detections, writer_name="test") as writer:
            while not ended.is_set():
                frame = stream.read(timeout=1.0)
                if frame is not None:
                    writer.publish(frame, [Box(MARKUP, 0.9, 100.0, 100.0, 300.0, 200.0)])


def test_markup_as_a_file_name_is_no_recording(petcam: RealServices, page: Page) -> None:
    (petcam.recordings / f"petcam_20260102-000000_{MARKUP}.mp4").write_bytes(b"not a film")
    (petcam.recordings / f"{MARKUP}.mp4").write_bytes(b"not a film")
    listed = page.evaluate("""() => fetch("/api/recordings").then((answer) => answer.json())""")
    assert [each["name"] for each in listed["recordings"]] == [RECORDING]
    for path in ("/recordings", "/"):
        page.goto(at_home(petcam) + path)
        page.wait_for_selector(f"a[href*='{RECORDING}']")
        nothing_ran(page)


LIES = {
    "**/api/recording/start": (409, {"error": MARKUP, "message": MARKUP}),
    "**/api/recording/status": (200, {"recording": True, "filename": MARKUP, "frame_count": MARKUP, "error": MARKUP}),
    "**/api/go/health": (200, {"status": "ok", "camera": {"state": "error", "message": MARKUP, "width": MARKUP}}),
    "**/api/recordings?*": (200, {"recordings": [{"name": MARKUP, "start": MARKUP, "state": MARKUP, "size": MARKUP}]}),
    "**/api/webrtc/offer": (503, {"error": MARKUP, "message": MARKUP}),
}


@pytest.mark.parametrize("lie", LIES)
def test_markup_in_an_answer_is_shown_as_text_or_not_at_all(petcam: RealServices, page: Page, lie: str) -> None:
    """Whatever the services say, and even if they lied."""
    status, body = LIES[lie]
    told = threading.Event()

    def tell(route: Route) -> None:
        told.set()
        route.fulfill(status=status, json=body)

    page.route(lie, tell)
    for path in ("/", "/recordings"):
        page.goto(at_home(petcam) + path)
        page.locator("#start-recording").wait_for()
        if lie.endswith("/start"):
            page.locator("#start-recording").click()
        if path == "/" or "recording" in lie:
            while not told.is_set():
                page.wait_for_timeout(50)  # lets the route be heard
        told.clear()
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
        nothing_ran(page)


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("path", ["/login?next=/", "/setup?next=/", "/nothing/", "/recordings?", "/api/recordings/"])
def test_markup_in_an_address_runs_nothing(petcam: RealServices, new_page: NewPage, path: str) -> None:
    page = new_page()
    for markup in (MARKUP, '"><script>pwned=1</script>', "javascript:pwned=1"):
        page.goto(at_home(petcam) + path + markup)
        nothing_ran(page)
