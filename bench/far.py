"""How soon a visitor from far away sees the picture, over links whose round trips take 0, 60 and 120 ms: petcam's page
and, where they are on the PATH, those of other media servers, in turn with one another. Then what each page costs.

The source is encoded beforehand, so no encoder works beside what is measured. Needs root: bench/far_link.py.
"""

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from bench import server
from bench.camera import running
from bench.far_link import FarLink, far_link
from bench.figure import Figure
from bench.picture import CHROMIUM_FLAGS
from bench.source import make_film

ROUNDS = 9
ROUND_TRIPS_MS = {0: 150, 60: 560, 120: 920}  # and the most that page to picture should take
REST_SECONDS = 4.0  # after the first picture, in which a page loads what it loads by itself
QUIET = ("TCP ack", "TCP data", "TCP end", "RTCP", "STUN")  # STUN: of other uses, such as mDNS's names
# Runs in the page from its beginning; to watch from outside would cost the page more than the picture does.
FIRST_FRAME_SCRIPT = """
window.firstFrame = new Promise((shown) => {
  new MutationObserver((_, observer) => {
    const video = document.querySelector("video");
    if (!video) return;
    observer.disconnect();
    const look = (_, { presentationTime, width }) => {
      if (width > 2) shown(presentationTime);
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  }).observe(document, { childList: true, subtree: true });
});
"""
PATIENCE_MS = 20_000
WAIT_SCRIPT = f"Promise.race([firstFrame, new Promise((over) => setTimeout(over, {PATIENCE_MS}, 1e9))])"


@dataclass
class Visit:
    """``picture`` is milliseconds from the start of the navigation to the first presented frame. The others are what
    the page had asked for by then, and at rest: requests, and bytes as they came."""

    picture: float
    requests: int = 0
    bytes: int = 0
    requests_at_rest: int = 0
    bytes_at_rest: int = 0
    packets: list[dict[str, Any]] = field(default_factory=list)
    began: float = 0.0  # time.time() of the navigation


def figures() -> list[Figure]:
    chromium = str(shutil.which("chromium"))
    with far_link(chromium) as (link, inside), _pages(link) as pages, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=inside, args=CHROMIUM_FLAGS)
        found = {trip: _visits(browser, link, pages, trip) for trip in ROUND_TRIPS_MS}
        costs = {name: _visit(browser, link, page, REST_SECONDS) for name, page in pages.items()}
        browser.close()
    longest = max(ROUND_TRIPS_MS)
    print(_timeline(_middle(found[longest]["petcam"]), longest), file=sys.stderr)
    return [*_times(found), *_costs(costs)]


@contextmanager
def _pages(link: FarLink) -> Iterator[dict[str, str]]:
    """The addresses of the pages, by the names of their servers, while these run."""
    peers = {"go2rtc": server.go2rtc, "mediamtx": server.mediamtx}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        film = Path(folder) / "film.h264"
        make_film(film)
        pages = {"petcam": stack.enter_context(running(link.server, source=str(film))).page}
        for name, make in peers.items():
            if shutil.which(name):
                pages[name] = stack.enter_context(server.serving(partial(make, host=link.server))).plan.page
        yield pages


def _visits(browser: Browser, link: FarLink, pages: dict[str, str], trip: int) -> dict[str, list[Visit]]:
    link.set_round_trip(trip)
    found: dict[str, list[Visit]] = {name: [] for name in pages}
    for number in range(ROUNDS + 1):
        for name, page in pages.items():
            visit = _visit(browser, link, page)
            if number:  # the first one finds programs that have not run yet
                found[name].append(visit)
    return found


def _visit(browser: Browser, link: FarLink, address: str, rest_seconds: float = 0.0) -> Visit:
    """By a browser that has never been there."""
    link.packets()
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST_FRAME_SCRIPT})
    counter = _Counter(session) if rest_seconds else None
    page.goto(address, wait_until="commit")
    asked = {"expression": WAIT_SCRIPT, "awaitPromise": True}
    visit = Visit(float(session.send("Runtime.evaluate", asked)["result"]["value"]))
    if visit.picture > PATIENCE_MS:
        raise RuntimeError(f"{address} shows no picture")
    visit.began = float(session.send("Runtime.evaluate", {"expression": "performance.timeOrigin"})["result"]["value"])
    if counter:
        visit.requests, visit.bytes = counter.requests, counter.bytes
        page.wait_for_timeout(1000 * rest_seconds)
        visit.requests_at_rest, visit.bytes_at_rest = counter.requests, counter.bytes
    visit.packets = link.packets()
    context.close()
    return visit


class _Counter:
    """Requests and the bytes of their answers on the way, headers included; of what stays open, without its bytes."""

    def __init__(self, session: CDPSession) -> None:
        self.requests = self.bytes = 0
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.loadingFinished", self._finish)
        session.send("Network.enable")

    def _ask(self, event: dict[str, Any]) -> None:
        self.requests += not event["request"]["url"].startswith("data:")

    def _finish(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])


def _middle(visits: list[Visit]) -> Visit:
    return sorted(visits, key=lambda visit: visit.picture)[len(visits) // 2]


def _times(found: dict[int, dict[str, list[Visit]]]) -> Iterator[Figure]:
    medians = {
        trip: {name: statistics.median(visit.picture for visit in visits) for name, visits in of.items()}
        for trip, of in found.items()
    }
    for trip, aim in ROUND_TRIPS_MS.items():
        least = min(visit.picture for visit in found[trip]["petcam"])
        yield _figure(f"page to picture over {trip} ms, median of {ROUNDS}", medians[trip], "ms", aim)
        yield Figure(f"page to picture over {trip} ms, least", least, "ms")
    shortest, longest = min(found), max(found)
    slope = {name: (medians[longest][name] - medians[shortest][name]) / (longest - shortest) for name in medians[0]}
    yield _figure("round trips from page to picture, by how it grows with the delay", slope, "", 6)


def _costs(costs: dict[str, Visit]) -> Iterator[Figure]:
    yield _figure("requests until the picture", {name: visit.requests for name, visit in costs.items()}, "", None)
    yield _figure("bytes until the picture", {name: visit.bytes / 1000 for name, visit in costs.items()}, "KB", 50)
    requests = {name: visit.requests_at_rest for name, visit in costs.items()}
    yield _figure(f"requests, {REST_SECONDS:g} s after the picture", requests, "", 20)
    sizes = {name: visit.bytes_at_rest / 1000 for name, visit in costs.items()}
    yield _figure(f"bytes, {REST_SECONDS:g} s after the picture", sizes, "KB", 80)


def _figure(name: str, values: Mapping[str, float], unit: str, aim: float | None) -> Figure:
    others = {peer: value for peer, value in values.items() if peer != "petcam"}
    return Figure(name, values["petcam"], unit, aim, others)


def _timeline(visit: Visit, trip: int) -> str:
    """What went over the link until the first picture, in round trips since the navigation. Of what is repeated
    (checks, media) only the first; the last packets of visits before are left out."""
    rows = [f"page to picture over {trip} ms, packet by packet: {visit.picture:.0f} ms"]
    seen: set[tuple[Any, ...]] = set()
    for packet in visit.packets:
        at, flow = packet["at"] * 1000 - visit.began, tuple(packet["flow"])
        if at < 0 or at > visit.picture or packet["kind"] in QUIET:
            continue
        known = any(flow == other for other, *_ in seen)
        what = (flow, packet["kind"], packet["sent"])
        if (known or packet["sent"]) and (what not in seen or "HTTP" in packet["kind"]):
            arrow = "->" if packet["sent"] else "<-"
            kind, size = packet["kind"], packet["bytes"]
            rows.append(f"{at:7.0f} ms {at / trip:6.2f}  {arrow} {kind}, {size} B, ports {flow[0]} and {flow[1]}")
            seen.add(what)
    return "\n".join(rows)
