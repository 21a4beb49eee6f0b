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
from bench.picture import FLAGS

SECONDS = 20
SETTLE_MS = 5000
LOSS_PERCENT = 2.0
JITTER_MS = 30
FRAME = 3000  # in the RTP clock of 90 kHz, at 30 frames/s
REPAIRED = re.compile(r"^petcam_repaired_packets_total (\S+)$", re.MULTILINE)
CANDIDATE = re.compile(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host")
WATCH = """
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
PEER = """
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
    repaired = _repaired(camera)
    with _relay(camera, loss, jitter) as port:
        seen = _watch(camera, port)
    frames, before, after = seen["frames"], seen["before"], seen["after"]
    gaps = sorted(later - earlier for (earlier, _), (later, _) in pairwise(frames))
    missed = sum(max(0, (later - earlier) // FRAME - 1) for (_, earlier), (_, later) in pairwise(frames))
    yield Figure(f"{name}frames presented in {SECONDS} s", len(frames), "")
    yield Figure(f"{name}frames never presented", missed, "")
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
    yield Figure(f"{name}packets sent again", _repaired(camera) - repaired, "")


def _watch(camera: Camera, port: int) -> Any:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        page.add_init_script(PEER)
        page.route("**/api/webrtc/offer", lambda route: _through(route, port))
        page.goto(camera.page)
        page.wait_for_selector("#camera[data-video=live]")
        page.wait_for_timeout(SETTLE_MS)
        seen = page.evaluate(WATCH, {"seconds": SECONDS})
        browser.close()
    return seen


def _repaired(camera: Camera) -> int:
    """Packets that the streamer has sent again by now."""
    with urllib.request.urlopen(f"http://127.0.0.1:{camera.streamer_port}/metrics", timeout=5) as answer:
        (value,) = REPAIRED.findall(answer.read().decode())
    return int(float(value))


def _through(route: Route, port: int) -> None:
    """Let the media go through the relay."""
    answer = route.fetch()
    route.fulfill(response=answer, body=CANDIDATE.sub(rf"\1 127.0.0.1 {port} typ host", answer.text()))


@contextmanager
def _relay(camera: Camera, loss: float, jitter: int) -> Iterator[int]:
    command = [str(ROOT / "build/lossyrelay"), "-to", f"127.0.0.1:{camera.streamer_port}"]
    command += ["-loss", str(loss), "-jitter", f"{jitter}ms"]
    relay = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert relay.stdout is not None
        yield int(relay.stdout.readline())
    finally:
        relay.communicate()
