"""How smooth the picture is in Chromium over a network that loses 2 % of all packets and delays each by up to 30 ms."""

import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from playwright.sync_api import Route, sync_playwright

from bench.camera import ROOT, Camera, running
from bench.figure import Figure
from bench.picture import CHROMIUM_FLAGS

MEASURE_SECONDS = 20
SETTLE_MS = 5000
LOSS_PERCENT = 2.0
JITTER_MS = 30
TICKS_PER_FRAME = 3000  # of the 90 kHz RTP clock, at 30 frames/s
RETRANSMITTED = re.compile(r"^petcam_repaired_packets_total (\S+)$", re.MULTILINE)
CANDIDATE = re.compile(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host")
WATCH_SCRIPT = """
async ({ seconds }) => {
  const video = document.getElementById("webrtc-video");
  const { petcamPeer: peer } = window;
  const inbound = async () => [...(await peer.getStats()).values()].find(({ type }) => type === "inbound-rtp");
  const before = await inbound();
  const frames = [];
  const begun = performance.now();
  await new Promise((over) => {
    const look = (now, { rtpTimestamp, presentationTime }) => {
      frames.push([presentationTime, rtpTimestamp]);
      if (now - begun < 1000 * seconds) video.requestVideoFrameCallback(look);
      else over();
    };
    video.requestVideoFrameCallback(look);
  });
  return { frames, before, after: await inbound() };
}
"""
KEEP_PEER_SCRIPT = """
const Peer = RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...words) { super(...words); window.petcamPeer = this; }
};
"""


def figures() -> list[Figure]:
    with running() as camera:
        return [figure for loss in (0.0, LOSS_PERCENT) for figure in _figures(camera, loss)]


def _figures(camera: Camera, loss: float) -> Iterator[Figure]:
    jitter = JITTER_MS if loss else 0
    name = f"{loss:g} % lost, {jitter} ms jitter: "
    retransmitted = _retransmitted(camera)
    with relay(camera, loss, jitter) as port:
        observed = _watch(camera, port)
    frames, before, after = observed["frames"], observed["before"], observed["after"]
    gaps = sorted(later - earlier for (earlier, _), (later, _) in pairwise(frames))
    skipped = sum(max(0, (later - earlier) // TICKS_PER_FRAME - 1) for (_, earlier), (_, later) in pairwise(frames))
    yield Figure(f"{name}frames presented in {MEASURE_SECONDS} s", len(frames), "")
    yield Figure(f"{name}frames never presented", skipped, "")
    yield Figure(f"{name}pause between frames, p99", gaps[int(0.99 * len(gaps))], "ms")
    yield Figure(f"{name}longest pause between frames", gaps[-1], "ms", 150)
    for what, key in {
        "freezes that Chromium counts": "freezeCount",
        "frames that it dropped": "framesDropped",
        "packets that it misses in the end": "packetsLost",
        "NACKs": "nackCount",
        "keyframes it asked for": "pliCount",
    }.items():
        yield Figure(f"{name}{what}", after[key] - before[key], "")
    emitted = after["jitterBufferEmittedCount"] - before["jitterBufferEmittedCount"]
    held = after["jitterBufferDelay"] - before["jitterBufferDelay"]
    yield Figure(f"{name}time in the browser's buffer", 1000 * held / emitted, "ms")
    yield Figure(f"{name}packets sent again", _retransmitted(camera) - retransmitted, "")


def _watch(camera: Camera, port: int) -> Any:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.add_init_script(KEEP_PEER_SCRIPT)
        page.route("**/api/webrtc/offer", lambda route: route_through_relay(route, port))
        page.goto(camera.page)
        page.wait_for_selector("#camera[data-video=live]")
        page.wait_for_timeout(SETTLE_MS)
        observed = page.evaluate(WATCH_SCRIPT, {"seconds": MEASURE_SECONDS})
        browser.close()
    return observed


def _retransmitted(camera: Camera) -> int:
    """Packets that the streamer has retransmitted so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{camera.streamer_port}/metrics", timeout=5) as answer:
        (value,) = RETRANSMITTED.findall(answer.read().decode())
    return int(float(value))


def route_through_relay(route: Route, port: int) -> None:
    """Replace the streamer's ICE candidate by the relay's address."""
    answer = route.fetch()
    route.fulfill(response=answer, body=CANDIDATE.sub(rf"\1 127.0.0.1 {port} typ host", answer.text()))


@contextmanager
def relay(camera: Camera, loss: float, jitter: int) -> Iterator[int]:
    """The port of a relay that loses ``loss`` % of all packets, and delays each by up to ``jitter`` ms."""
    command = [str(ROOT / "build/lossyrelay"), "-to", f"127.0.0.1:{camera.streamer_port}"]
    command += ["-loss", str(loss), "-jitter", f"{jitter}ms"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.communicate()
