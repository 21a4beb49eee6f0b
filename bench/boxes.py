"""How well boxes sit on the pet that Chromium shows, and how late the picture is: for three detectors, both ways.

The frame's number is read from the picture itself; where its pet is drawn is known for each number.
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
from bench.picture import FLAGS
from petcam.feed.demo import CLOCK_CORNER, DOT_SIZE, LINE_HEIGHT, Scene, font

DETECTORS = {
    "detector of 40 ms": ("--detector-delay-ms", "40"),
    "detector of 100 ms": ("--detector-delay-ms", "100"),
    "every third frame, 40 ms": ("--detector-delay-ms", "40", "--detector-every", "3"),
}
SETTLE = 7.0  # seconds in which the hold-back finds its length
SPAN = 8.0  # seconds that are measured
ROUND_TRIPS = 60  # for the clock: the shortest counts
TICKS = 3000  # of the RTP clock from one frame to the next
CLOCK = 90  # RTP ticks in a millisecond

# Each frame when it is first drawn on; of every fifth the dots of its number, read in the picture.
WATCH = """async ([left, top, dot, advance, height, letters]) => {
    const { src } = document.querySelector("script[src$='/entry.js']");
    window.petcam = await (await import(src)).page;
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
TAKE = """() => {
    const rows = [...frames_.values()].filter(({ rtp }) => shown.has(rtp));
    for (const row of rows) row.at = shown.get(row.rtp);
    frames_.clear();
    return rows;
}"""


@dataclass(frozen=True)
class Seen:
    """What was seen of one detector, one way."""

    rows: list[dict[str, Any]]
    offset: float  # milliseconds from the page's clock to the camera's

    def share(self, *matches: str) -> float:
        """Percent of the frames without boxes of these kinds."""
        return 100 * sum(row["match"] not in matches for row in self.rows) / len(self.rows)

    def latencies(self) -> list[float]:
        """Milliseconds from the capture of each frame to its presentation, sorted."""
        late = (round((row["at"] + self.offset) * CLOCK) - row["rtp"] for row in self.rows)
        return sorted(((ticks + 2**31) % 2**32 - 2**31) / CLOCK for ticks in late)


def figures() -> list[Figure]:
    scene = Scene()
    found: list[Figure] = []
    for name, options in DETECTORS.items():
        with running(feed_options=options) as camera, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for way in ("exact", "fastest"):
                print(f"measuring {name}, {way}", file=sys.stderr, flush=True)
                page = browser.new_page()
                page.add_init_script(f"localStorage.setItem('petcam.boxes', '{way}')")
                found += _figures(f"{name}, {way}", way, _watch(page, camera), scene)
                page.close()
            browser.close()
    return found


def _watch(page: Page, camera: Camera) -> Seen:
    page.goto(camera.page)
    page.wait_for_selector("#camera[data-video=live]")
    left, top = CLOCK_CORNER
    page.evaluate(WATCH, [left, top + LINE_HEIGHT, DOT_SIZE, font.ADVANCE, font.HEIGHT, 8])
    page.wait_for_timeout(SETTLE * 1000)
    page.evaluate(TAKE)
    page.wait_for_timeout(SPAN * 1000)
    return Seen(page.evaluate(TAKE), _offset(page))


def _offset(page: Page) -> float:
    """From the page's clock to CLOCK_MONOTONIC, milliseconds, by the quickest answer."""
    best = (float("inf"), 0.0)
    for _ in range(ROUND_TRIPS):
        asked = time.monotonic_ns() / 1e6
        there = page.evaluate("performance.now()")
        back = time.monotonic_ns() / 1e6
        best = min(best, (back - asked, (asked + back) / 2 - there))
    return best[1]


def _figures(name: str, way: str, seen: Seen, scene: Scene) -> Iterator[Figure]:
    exact = way == "exact"
    each = "third" not in name
    numbers, wrong = _numbers(seen.rows)
    yield Figure(f"{name}: pictures that are another frame than the browser says", wrong, "%", 5)
    yield Figure(f"{name}: frames without their own boxes", seen.share("exact"), "%", 5 if exact and each else None)
    if not each:
        share = seen.share("exact", "interpolated")
        yield Figure(f"{name}: frames without own or interpolated boxes", share, "%", 5 if exact else None)
    off = _off(seen.rows, lambda row: numbers[row["rtp"]], scene)
    yield Figure(f"{name}: box edge off the pet, median", _quantile(off, 0.5), "px")
    yield Figure(f"{name}: box edge off the pet, p95", _quantile(off, 0.95), "px", 2 if exact else None)
    if not exact:
        still = _stood_still(seen.rows, numbers, scene)
        yield Figure(f"{name}: the same with boxes that stand still, median", _quantile(still, 0.5), "px")
        yield Figure(f"{name}: the same with boxes that stand still, p95", _quantile(still, 0.95), "px")
    yield Figure(f"{name}: pictures wait, median", statistics.median(row["held"] for row in seen.rows), "ms", 150)
    late = seen.latencies()
    yield Figure(f"{name}: capture to presented, median", _quantile(late, 0.5), "ms", None if exact else 15)
    yield Figure(f"{name}: capture to presented, p99", _quantile(late, 0.99), "ms", None if exact else 40)


def _numbers(rows: list[dict[str, Any]]) -> tuple[dict[int, int], float]:
    """Each frame's number by its timestamp, from those that were read; how many of these say otherwise, percent."""
    begin = rows[0]["rtp"]
    read = [(_read(row["number"]) - _frames(row["rtp"], begin)) for row in rows if row["number"]]
    first = statistics.mode(read)
    wrong = 100 * sum(number != first for number in read) / len(read)
    stamps = {row["rtp"] for row in rows} | {row["result"] for row in rows if row["result"] is not None}
    return {stamp: first + _frames(stamp, begin) for stamp in stamps}, wrong


def _frames(stamp: int, begin: int) -> int:
    return round(((stamp - begin + 2**31) % 2**32 - 2**31) / TICKS)


def _read(dots: str) -> int:
    """The number that is written ``#0000000``: of each figure the one with the most dots in common."""
    width = font.ADVANCE * 8
    rows = [dots[start : start + width] for start in range(0, len(dots), width)]
    said = ""
    for column in range(font.ADVANCE, width, font.ADVANCE):
        seen = "".join(row[column : column + font.ADVANCE - 1] for row in rows)
        said += max("0123456789", key=lambda figure: _common("".join(font.LETTERS[figure]), seen))
    return int(said)


def _common(a: str, b: str) -> int:
    return sum(one == other for one, other in zip(a, b, strict=True))


def _off(rows: list[dict[str, Any]], number: Any, scene: Scene) -> list[float]:
    """Pixels between box and pet, of each frame that has both; sorted."""
    pairs = ((row["boxes"], scene.box(number(row))) for row in rows)
    return sorted(_worst(boxes[0], pet) for boxes, pet in pairs if boxes and pet is not None)


def _stood_still(rows: list[dict[str, Any]], numbers: dict[int, int], scene: Scene) -> list[float]:
    """The same with the boxes of the newest result as they were."""
    known = [row for row in rows if row["result"] is not None]
    pairs = ((scene.box(numbers[row["result"]]), scene.box(numbers[row["rtp"]])) for row in known)
    return sorted(_worst(box, pet) for box, pet in pairs if box is not None and pet is not None)


def _worst(box: Any, pet: Any) -> float:
    """The edge that is furthest off."""
    (x, y, w, h), (px, py, pw, ph) = box, pet
    return float(max(abs(x - px), abs(y - py), abs(x + w - px - pw), abs(y + h - py - ph)))


def _quantile(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
