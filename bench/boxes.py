"""How exactly the boxes fit the pet that Chromium shows, and how late the picture is: for three detectors, in both
modes of the page (boxes exact, or picture as fast as possible).

The number of a frame is read from the picture itself; the demo knows for each number where its pet is drawn.
"""

import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.camera import Camera, running
from bench.figure import Figure
from bench.picture import CHROMIUM_FLAGS
from petcam.feed.demo import CLOCK_CORNER, DOT_SIZE, LINE_HEIGHT, Scene, font

DETECTORS = {
    "detector of 40 ms": ("--detector-delay-ms", "40"),
    "detector of 100 ms": ("--detector-delay-ms", "100"),
    "every third frame, 40 ms": ("--detector-delay-ms", "40", "--detector-every", "3"),
}
SETTLE_SECONDS = 7.0  # until the page has found the playout delay
MEASURE_SECONDS = 8.0
CLOCK_ROUND_TRIPS = 60  # to compare the clocks; the shortest is used
TICKS_PER_FRAME = 3000  # of the RTP clock from one frame to the next
TICKS_PER_MS = 90  # RTP ticks in a millisecond

# Records each frame when the overlay first draws on it, and for every fifth the dots of the number in the picture.
WATCH_SCRIPT = """async ([left, top, dot, advance, height, letters]) => {
    window.petcam = await petcamModules["live/entry.js"].page;
    const { overlay } = petcam;
    const video = document.getElementById("webrtc-video");
    const [width, tall] = [advance * letters, height];
    const context = new OffscreenCanvas(width * dot, tall * dot).getContext("2d", { willReadFrequently: true });
    const dots = () => {
        context.drawImage(video, left, top, width * dot, tall * dot, 0, 0, width * dot, tall * dot);
        const { data } = context.getImageData(0, 0, width * dot, tall * dot);
        const middle = dot >> 1;
        let said = "";
        for (let y = 0; y < tall; y++) for (let x = 0; x < width; x++) {
            said += data[4 * ((y * dot + middle) * width * dot + x * dot + middle) + 1] > 128 ? "#" : ".";
        }
        return said;
    };
    window.frames_ = new Map();
    window.shown = new Map();
    overlay.addEventListener("draw", () => {
        const { match, rtpTimestamp, resultTimestamp, detections } = overlay.state;
        if (rtpTimestamp === undefined || frames_.has(rtpTimestamp)) return;
        const boxes = detections.map(({ bbox: { x, y, w, h } }) => [x, y, w, h]);
        const held = overlay.delay.held(performance.now()) ?? 0;
        frames_.set(rtpTimestamp, { rtp: rtpTimestamp, match, result: resultTimestamp, boxes, held,
            number: frames_.size % 5 ? null : dots() });
    });
    const next = (_now, { rtpTimestamp, presentationTime }) => {
        video.requestVideoFrameCallback(next);
        shown.set(rtpTimestamp, presentationTime);
    };
    video.requestVideoFrameCallback(next);
}"""
TAKE_SCRIPT = """() => {
    const rows = [...frames_.values()].filter(({ rtp }) => shown.has(rtp));
    for (const row of rows) row.at = shown.get(row.rtp);
    frames_.clear();
    return rows;
}"""


@dataclass(frozen=True)
class Observation:
    """What was recorded with one detector in one mode."""

    rows: list[dict[str, Any]]
    offset: float  # milliseconds from the page's clock to the camera's

    def share(self, *matches: str) -> float:
        """Percent of the frames whose boxes are of none of these kinds."""
        return 100 * sum(row["match"] not in matches for row in self.rows) / len(self.rows)

    def latencies(self) -> list[float]:
        """Milliseconds from the capture of each frame to its presentation, sorted."""
        late = (round((row["at"] + self.offset) * TICKS_PER_MS) - row["rtp"] for row in self.rows)
        return sorted(((ticks + 2**31) % 2**32 - 2**31) / TICKS_PER_MS for ticks in late)


def figures() -> list[Figure]:
    scene = Scene(restless=True)
    found: list[Figure] = []
    for name, options in DETECTORS.items():
        with running(feed_options=options) as camera, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
            for mode in ("exact", "fastest"):
                print(f"measuring {name}, {mode}", file=sys.stderr, flush=True)
                page = browser.new_page()
                page.add_init_script(f"localStorage.setItem('petcam.boxes', '{mode}')")
                found += _figures(f"{name}, {mode}", mode, _watch(page, camera), scene)
                page.context.close()
            browser.close()
    return found


def _watch(page: Page, camera: Camera) -> Observation:
    page.goto(camera.page)
    page.wait_for_selector("#camera[data-video=live]")
    left, top = CLOCK_CORNER
    page.evaluate(WATCH_SCRIPT, [left, top + LINE_HEIGHT, DOT_SIZE, font.ADVANCE, font.HEIGHT, 8])
    page.wait_for_timeout(SETTLE_SECONDS * 1000)
    page.evaluate(TAKE_SCRIPT)
    page.wait_for_timeout(MEASURE_SECONDS * 1000)
    return Observation(page.evaluate(TAKE_SCRIPT), _offset(page))


def _offset(page: Page) -> float:
    """Milliseconds from the page's clock to CLOCK_MONOTONIC, measured by the shortest round trip."""
    best = (float("inf"), 0.0)
    for _ in range(CLOCK_ROUND_TRIPS):
        asked = time.monotonic_ns() / 1e6
        there = page.evaluate("performance.now()")
        back = time.monotonic_ns() / 1e6
        best = min(best, (back - asked, (asked + back) / 2 - there))
    return best[1]


def _figures(name: str, mode: str, observation: Observation, scene: Scene) -> Iterator[Figure]:
    exact = mode == "exact"
    each = "third" not in name
    numbers, wrong = _numbers(observation.rows)
    yield Figure(f"{name}: pictures that are another frame than the browser says", wrong, "%", 5)
    yield Figure(
        f"{name}: frames without their own boxes", observation.share("exact"), "%", 5 if exact and each else None
    )
    if not each:
        share = observation.share("exact", "interpolated")
        yield Figure(f"{name}: frames without own or interpolated boxes", share, "%", 5 if exact else None)
    errors = _box_errors(observation.rows, lambda row: numbers[row["rtp"]], scene)
    yield Figure(f"{name}: box edge off the pet, median", _quantile(errors, 0.5), "px")
    yield Figure(f"{name}: box edge off the pet, p95", _quantile(errors, 0.95), "px", 2 if exact else None)
    if not exact:
        uninterpolated = _errors_without_interpolation(observation.rows, numbers, scene)
        yield Figure(f"{name}: the same with boxes that stand still, median", _quantile(uninterpolated, 0.5), "px")
        yield Figure(f"{name}: the same with boxes that stand still, p95", _quantile(uninterpolated, 0.95), "px")
    yield Figure(
        f"{name}: pictures wait, median", statistics.median(row["held"] for row in observation.rows), "ms", 150
    )
    late = observation.latencies()
    yield Figure(f"{name}: capture to presented, median", _quantile(late, 0.5), "ms", None if exact else 15)
    yield Figure(f"{name}: capture to presented, p99", _quantile(late, 0.99), "ms", None if exact else 40)


def _numbers(rows: list[dict[str, Any]]) -> tuple[dict[int, int], float]:
    """The number of each frame by its timestamp, computed from the numbers that were read; and the percentage of those
    that do not agree."""
    begin = rows[0]["rtp"]
    read = [(_read(row["number"]) - _frames(row["rtp"], begin)) for row in rows if row["number"]]
    first = statistics.mode(read)
    wrong = 100 * sum(number != first for number in read) / len(read)
    stamps = {row["rtp"] for row in rows} | {row["result"] for row in rows if row["result"] is not None}
    return {stamp: first + _frames(stamp, begin) for stamp in stamps}, wrong


def _frames(stamp: int, begin: int) -> int:
    return round(((stamp - begin + 2**31) % 2**32 - 2**31) / TICKS_PER_FRAME)


def _read(dots: str) -> int:
    """The number, written as ``#0000000``: for each digit the one with the most dots in common."""
    width = font.ADVANCE * 8
    rows = [dots[start : start + width] for start in range(0, len(dots), width)]
    said = ""
    for column in range(font.ADVANCE, width, font.ADVANCE):
        digit = "".join(row[column : column + font.ADVANCE - 1] for row in rows)
        said += max("0123456789", key=lambda figure: _matching_dots("".join(font.LETTERS[figure]), digit))
    return int(said)


def _matching_dots(a: str, b: str) -> int:
    return sum(one == other for one, other in zip(a, b, strict=True))


def _box_errors(rows: list[dict[str, Any]], number: Any, scene: Scene) -> list[float]:
    """Pixels between box and pet in each frame that has both, sorted."""
    pairs = ((row["boxes"], scene.box(number(row))) for row in rows)
    return sorted(_box_error(boxes[0], pet) for boxes, pet in pairs if boxes and pet is not None)


def _errors_without_interpolation(rows: list[dict[str, Any]], numbers: dict[int, int], scene: Scene) -> list[float]:
    """The same with the boxes of the latest result at their original place."""
    known = [row for row in rows if row["result"] is not None]
    pairs = ((scene.box(numbers[row["result"]]), scene.box(numbers[row["rtp"]])) for row in known)
    return sorted(_box_error(box, pet) for box, pet in pairs if box is not None and pet is not None)


def _box_error(box: Any, pet: Any) -> float:
    """The largest distance between two edges."""
    (x, y, w, h), (px, py, pw, ph) = box, pet
    return float(max(abs(x - px), abs(y - py), abs(x + w - px - pw), abs(y + h - py - ph)))


def _quantile(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
