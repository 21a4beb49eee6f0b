"""Whether sound and picture are in step: a flash that Chromium presents against the beep of the same moment.

``LIPS_SECONDS`` (60) is how long each way is measured: as pictures come, after the source was started
again, with pictures held back for a detector that is 100 ms late, and over the network of bench/loss.
"""

import math
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Page, sync_playwright

from bench.camera import ROOT, Camera, running
from bench.figure import Figure
from bench.loss import JITTER_MS, LOSS_PERCENT, relay, route_through_relay
from bench.picture import CHROMIUM_FLAGS

MEASURE_SECONDS = float(os.environ.get("LIPS_SECONDS", "60"))
ANEW_SECONDS, SKIP_SECONDS = 30.0, 2.0  # from one listenAnew() to the next, and what is not measured behind it
SETTLE_SECONDS = 12.0  # until the page has found how long what waits
LATE_MS = 100.0
PAIR_MS = 450.0  # a flash and a beep that are further apart are of different seconds
FEW = 0.8  # of the seconds that were measured: fewer pairs say that something was not seen or heard

# When each flash was presented and each beep came out, in ms of the page's clock. A flash is a picture that is bright
# after one that is dark; a beep the first loud sample after 0.3 s of silence.
WATCH_SCRIPT = """async () => {
    window.petcam = await petcamModules["live/entry.js"].page;
    const video = document.getElementById("webrtc-video");
    const context = new OffscreenCanvas(8, 8).getContext("2d", { willReadFrequently: true });
    window.flashes = [];
    window.beeps = [];
    let bright = true;
    const look = (_now, { expectedDisplayTime }) => {
        video.requestVideoFrameCallback(look);
        context.drawImage(video, 0, 0, 8, 8);
        const now = context.getImageData(4, 4, 1, 1).data[1] > 128;
        if (now && !bright) flashes.push(expectedDisplayTime);
        bright = now;
    };
    video.requestVideoFrameCallback(look);
    const audio = new AudioContext({ latencyHint: "interactive", sampleRate: 48000 });
    const code = `registerProcessor("beeps", class extends AudioWorkletProcessor {
        quiet = 0;
        process([[samples = []]]) {
            for (let at = 0; at < samples.length; at++) {
                if (Math.abs(samples[at]) < 0.05) this.quiet++;
                else {
                    if (this.quiet > 14400) this.port.postMessage((currentFrame + at) / sampleRate);
                    this.quiet = 0;
                }
            }
            return true;
        }
    });`;
    await audio.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const node = new AudioWorkletNode(audio, "beeps");
    node.port.onmessage = ({ data }) => {
        const { contextTime, performanceTime } = audio.getOutputTimestamp();
        beeps.push(performanceTime + (data - contextTime) * 1000);
    };
    node.connect(audio.destination);
    let source = null, heard = null;
    // A machine that is busy for a moment leaves WebAudio with a longer queue for good, which no listener has.
    window.listenAnew = () => (heard = null);
    setInterval(() => {
        const stream = petcam.client.call?.sound;
        if (!stream || stream === heard) return;
        heard = stream;
        source?.disconnect();
        source = audio.createMediaStreamSource(stream);
        source.connect(node);
    }, 100);
    await audio.resume();
}"""
TAKE_SCRIPT = "() => [flashes.splice(0), beeps.splice(0)]"
# By how many ms sound is ahead by the browser's own word, which the page steers by (null: it says nothing): where the
# beeps are off and this is not, it is the tap that is late.
SAID_SCRIPT = """async () => petcamModules["live/lips.js"].soundAhead(await petcam.client.stats())"""


def figures() -> Iterator[Figure]:
    with _listening() as (page, source, camera):
        yield from _figures("as pictures come", page)
        source.end()
        source.begin(camera)
        yield from _figures("after the source was started again", page)
    with _listening(late=True) as (page, _, _):
        yield from _figures("pictures held back", page)
    with _listening(loss=LOSS_PERCENT) as (page, _, _):
        yield from _figures(f"{LOSS_PERCENT:g} % lost, {JITTER_MS} ms jitter", page)


@contextmanager
def _listening(late: bool = False, loss: float = 0.0) -> Iterator[tuple[Page, "Source", Camera]]:
    """A page that shows, and sounds."""
    source = Source(late)
    with ExitStack() as stack:
        camera = stack.enter_context(running(microphone="default", writer=source.playing))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_context(bypass_csp=True).new_page()
        if loss:
            port = stack.enter_context(relay(camera, loss, JITTER_MS))
            page.route("**/api/webrtc/offer", lambda route: route_through_relay(route, port))
        _listen(page, camera)
        yield page, source, camera
        browser.close()


class Source:
    """The process that flashes and beeps; ``late``: with a detector's results that are."""

    def __init__(self, late: bool) -> None:
        self._late = late
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def playing(self, camera: Camera) -> Iterator[None]:
        self.begin(camera)
        try:
            yield
        finally:
            self.end()

    def begin(self, camera: Camera) -> None:
        command = [sys.executable, "-m", "bench.flash_source", "--stream", camera.stream, "--audio", camera.audio]
        command += ["--detections", camera.detections, "--late-ms", str(LATE_MS)] if self._late else []
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it has begun

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _listen(page: Page, camera: Camera) -> None:
    page.goto(camera.page)
    page.wait_for_selector("#camera[data-video=live]")
    page.evaluate(WATCH_SCRIPT)
    page.locator("#sound").click()
    page.wait_for_selector("#sound[data-state=on], #sound[data-state=quiet]")


def _figures(name: str, page: Page) -> Iterator[Figure]:
    print(f"{name}: medians, and the browser's word:", file=sys.stderr, flush=True)
    page.wait_for_timeout(SETTLE_SECONDS * 1000)
    rounds = math.ceil(MEASURE_SECONDS / ANEW_SECONDS)
    parts = []
    for _ in range(rounds):
        parts.append(_heard_anew(page, MEASURE_SECONDS / rounds))
        median = round(statistics.median(parts[-1])) if parts[-1] else "nothing"
        print(f"{median} ({page.evaluate(SAID_SCRIPT)})", end=" ", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    apart = [each for part in parts for each in part]
    if len(apart) < FEW * MEASURE_SECONDS:
        raise RuntimeError(f"{name}: only {len(apart)} flashes with a beep in {MEASURE_SECONDS:g} s")
    yield Figure(f"{name}: beep after flash, median (below 0: before)", statistics.median(apart), "ms")
    yield Figure(f"{name}: beep from flash, median", abs(statistics.median(apart)), "ms", 20)
    yield Figure(f"{name}: beep from flash, worst of {len(apart)}", max(map(abs, apart)), "ms", 45)


def _heard_anew(page: Page, seconds: float) -> list[float]:
    page.evaluate("listenAnew()")
    page.wait_for_timeout(SKIP_SECONDS * 1000)
    page.evaluate(TAKE_SCRIPT)
    page.wait_for_timeout(seconds * 1000)
    return _pairs(*page.evaluate(TAKE_SCRIPT))


def _pairs(flashes: list[float], beeps: list[float]) -> list[float]:
    """For each flash with a beep, by how many ms that came after it."""
    nearest = (min((beep - flash for beep in beeps), key=abs, default=PAIR_MS) for flash in flashes)
    return [apart for apart in nearest if abs(apart) < PAIR_MS]
