"""How soon the picture is back on an open page after different interruptions. Needs root, to interrupt the network."""

import shutil
import socket
import time
from collections.abc import Callable
from itertools import pairwise

import psutil
from playwright.sync_api import Page, sync_playwright

from bench.camera import Camera, running
from bench.changing_source import NARROW, WIDE, changing_source
from bench.figure import Figure
from bench.lan import Lan, lan
from bench.picture import CHROMIUM_FLAGS
from petcam.shm import rtp
from petcam.shm.stream import AccessUnit, StreamReader

ROUNDS = 2
AWAY = (0.0, 3.05, 5.0, 8.0)  # seconds without a source: from 3 s on the browser asks for a keyframe
SMOOTH_SECONDS = 5.0  # after a return, in which the picture should not stand still
TIMEOUT_SECONDS = 30.0
MAX_CLOCK_DIFFERENCE_NS = 2_000_000  # between two clocks that are read one after the other
# Records every picture that is presented: Unix time in milliseconds, RTP timestamp of its capture, width, and whether
# it came by WebRTC or MJPEG.
WATCH_SCRIPT = """async () => {
    window.petcam = await petcamModules["live/entry.js"].page;
    window.pictures = [];
    const note = (frame, { width }, way) =>
        pictures.push([performance.timeOrigin + performance.now(), frame.rtpTimestamp, width, way]);
    const video = document.getElementById("webrtc-video");
    const next = () => video.requestVideoFrameCallback((_, frame) => (note(frame, frame, "webrtc"), next()));
    next();
    petcam.view.eachFrame((frame) => note(frame, petcam.view, "mjpeg"));
}"""
FIRST_PICTURE_SCRIPT = """([capture, width, ways]) => {
    const found = pictures.find(([, rtp, wide, way]) =>
        rtp !== undefined && ((rtp - capture) | 0) >= 0 && ways.includes(way) && (!width || wide === width));
    return found && found[0];
}"""
# Seconds between two new pictures, at most, from the first one captured at `capture` or later on.
LONGEST_GAP_SCRIPT = """([capture, seconds]) => {
    const shown = pictures.filter(([, rtp]) => rtp !== undefined && ((rtp - capture) | 0) >= 0);
    let [longest, newest, last] = [0, capture - 1, shown[0][0]];
    for (const [at, rtp] of shown) {
        if (at > shown[0][0] + 1000 * seconds || ((rtp - newest) | 0) <= 0) continue;
        longest = Math.max(longest, at - last);
        [newest, last] = [rtp, at];
    }
    return longest / 1000;
}"""
BOTH_WAYS = ["webrtc", "mjpeg"]


def figures() -> list[Figure]:
    with (
        lan(str(shutil.which("chromium"))) as (network, chromium),
        running(network.server) as camera,
        sync_playwright() as tools,
    ):
        browser = tools.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_context().new_page()
        page.goto(camera.page)
        page.wait_for_selector("#choices:enabled")
        page.evaluate(WATCH_SCRIPT)
        cases: dict[str, tuple[Callable[[], float], float]] = {
            "the source's restart": (lambda: _source(page, camera), 1),
            "the streamer's restart": (lambda: _streamer(page, camera), 3),
            "the web service's restart, its boxes too": (lambda: _web(page, camera), 1),
            "10 s without network": (lambda: _network(page, network), 1),
            "the browser's sleep of 6 s": (lambda: _sleep(page), 1),
            "a killed streamer, by MJPEG": (lambda: _fallback(page, camera), 5),
            "the streamer's return, by WebRTC": (lambda: _return(page, camera), 10),
            "a changed SPS": (lambda: _sps(page, camera), 1),
        }
        worst = {
            name: max(_measure_from_live(page, measure) for _ in range(ROUNDS)) for name, (measure, _) in cases.items()
        }
        gaps = [_measure_gaps(page, camera, away) for away in AWAY]
        browser.close()
    return [
        *(
            Figure(f"picture after {name}, worst of {ROUNDS}", worst[name], "s", aim)
            for name, (_, aim) in cases.items()
        ),
        Figure(
            f"longest gap in the {SMOOTH_SECONDS:g} s after the source's return", max(shown for shown, _ in gaps), "s"
        ),
        Figure("longest gap between pictures that the source then sent", max(sent for _, sent in gaps), "s"),
    ]


def _measure_gaps(page: Page, camera: Camera, away: float) -> tuple[float, float]:
    """Take the source away for so many seconds, at least until the page has noticed; returns the longest gaps between
    pictures shown, and pictures sent, seconds, once it is back."""
    _measure_from_live(page, lambda: 0)
    with StreamReader(camera.stream) as stream:
        unit, gone = stream.read(TIMEOUT_SECONDS), time.monotonic()
        assert unit is not None
        epoch = unit.epoch
        camera.kill("feed")
        page.wait_for_selector("#camera[data-video=waiting]", timeout=1000 * TIMEOUT_SECONDS)
        time.sleep(max(0.0, gone + away - time.monotonic()))
        camera.launch("feed")
        first = _first_of_next(stream, epoch)
        _seconds_until_picture(page, _wall_time(first.capture_ns))
        sent, end = [first.publish_ns], time.monotonic() + SMOOTH_SECONDS
        while time.monotonic() < end:
            if (unit := stream.read(TIMEOUT_SECONDS)) is not None:
                sent.append(unit.publish_ns)
    shown = page.evaluate(LONGEST_GAP_SCRIPT, [first.rtp_timestamp, SMOOTH_SECONDS])
    return float(shown), max(after - before for before, after in pairwise(sent)) / 1e9


def _first_of_next(stream: StreamReader, epoch: int) -> AccessUnit:
    """The first picture of the writer after that of ``epoch``."""
    while True:
        unit = stream.read(TIMEOUT_SECONDS)
        if unit is not None and unit.epoch != epoch:
            return unit


def _measure_from_live(page: Page, measure: Callable[[], float]) -> float:
    """Call ``measure`` when the page has shown the picture by WebRTC for a second."""
    page.wait_for_selector("#camera[data-video=live][data-way=webrtc]", timeout=1000 * TIMEOUT_SECONDS)
    _seconds_until_picture(page, time.time() + 1)
    return measure()


def _seconds_until_picture(page: Page, since: float, width: int = 0, ways: list[str] = BOTH_WAYS) -> float:
    """Seconds from ``since`` (Unix time) until a picture is presented that was captured then or later, and has that
    width where one is given."""
    captured_ns = time.monotonic_ns() - int((time.time() - since) * 1e9) - MAX_CLOCK_DIFFERENCE_NS
    found = page.wait_for_function(
        FIRST_PICTURE_SCRIPT, arg=[rtp.timestamp(captured_ns), width, ways], timeout=1000 * TIMEOUT_SECONDS
    )
    return float(found.json_value()) / 1000 - since


def _source(page: Page, camera: Camera) -> float:
    with StreamReader(camera.stream) as stream:
        epoch = stream.read(TIMEOUT_SECONDS).epoch
        camera.kill("feed")
        page.wait_for_selector("#camera[data-video=waiting]", timeout=1000 * TIMEOUT_SECONDS)
        camera.launch("feed")
        unit = _first_of_next(stream, epoch)
        return _seconds_until_picture(page, _wall_time(unit.capture_ns))


def _streamer(page: Page, camera: Camera) -> float:
    camera.kill("streamer")
    camera.launch("streamer")
    since = _wait_until_served(camera.host, camera.streamer_port)
    return _seconds_until_picture(page, since, ways=["webrtc"])


def _web(page: Page, camera: Camera) -> float:
    camera.kill("web")
    page.wait_for_function("() => !petcam.detections.connected")
    camera.launch("web")
    since = _wait_until_served(camera.host, camera.web_port)
    page.wait_for_function("() => petcam.detections.connected", timeout=1000 * TIMEOUT_SECONDS)
    boxes = time.time() - since
    return max(boxes, _seconds_until_picture(page, since))


def _network(page: Page, network: Lan) -> float:
    with network.silent():
        time.sleep(10)
    return _seconds_until_picture(page, time.time())


def _sleep(page: Page) -> float:
    """Stop all processes of the browser for a while, as when a laptop is closed."""
    processes = [process for process in psutil.Process().children(recursive=True) if "chrom" in process.name()]
    for process in processes:
        process.suspend()
    time.sleep(6)
    since = time.time()
    for process in processes:
        process.resume()
    return _seconds_until_picture(page, since)


def _fallback(page: Page, camera: Camera) -> float:
    camera.kill("streamer")
    try:
        return _seconds_until_picture(page, time.time(), ways=["mjpeg"])
    finally:
        camera.launch("streamer")


def _return(page: Page, camera: Camera) -> float:
    camera.kill("streamer")
    page.wait_for_selector("#camera[data-way=mjpeg]", timeout=1000 * TIMEOUT_SECONDS)
    time.sleep(5)
    camera.launch("streamer")
    return _seconds_until_picture(page, _wait_until_served(camera.host, camera.streamer_port), ways=["webrtc"])


def _sps(page: Page, camera: Camera) -> float:
    camera.end("feed")
    try:
        with changing_source(camera.stream) as change:
            _seconds_until_picture(page, time.time(), NARROW)
            since = change()
            return _seconds_until_picture(page, since, WIDE)
    finally:
        camera.launch("feed")


def _wait_until_served(host: str, port: int) -> float:
    """Wait until the port is served; returns the Unix time."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return time.time()
        time.sleep(0.01)
    raise RuntimeError(f"nobody serves port {port}")


def _wall_time(monotonic_ns: int) -> float:
    return time.time() - (time.monotonic_ns() - monotonic_ns) / 1e9
