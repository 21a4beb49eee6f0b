"""petcam-web and petcam-streamer alone, side by side: memory, CPU, how soon each answers, how large it is.

Both run at the same time, each with its own camera (the demo), and are measured in turn, so that changes of the
machine's load affect both. A page is one that is open: WebRTC, the event stream, and what it asks for again and again.
"""

import contextlib
import http.client
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench import event_streams
from bench.camera import ROOT, Camera, running, watch
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from bench.picture import CHROMIUM_FLAGS, load_ms
from tests.package.package import Release

NAMES = ("python", "go")
IDLE_SECONDS, ROUNDS = 15.0, 3
ASKED = 150  # times each route
STARTS = 5
LOADS = 100  # one differs from the next by 70 ms
SETTLE_SECONDS = 15.0  # until memory no longer changes
ROUTES = (
    "/",
    "/login",
    "/static/live/main.js",
    "/healthz",
    "/api/webrtc/config",
    "/api/go/health",
    "/api/camera",
    "/api/recording/status",
    "/recordings",
    "/api/recordings",
    "/api/recordings/days",
    "/api/recordings/{film}",
    "/api/recordings/{film}/boxes",
)
CODE = {  # what serves the page and its state, besides what both need: of Python, of Go
    "python": ("petcam/web", "petcam/access"),
    "go": (
        "streamer/internal/site",
        "streamer/internal/page",
        "streamer/internal/access",
        "streamer/internal/library",
        "streamer/internal/week",
    ),
}
MEMORY_AIM_MIB, READY_AIM_SECONDS, CPU_AIM, BINARY_AIM_MB = 22.0, 0.1, 1.0, 14.0


def figures() -> Iterator[Figure]:
    yield from _memory()
    with ExitStack() as stack:
        cameras = {name: stack.enter_context(running(server=name)) for name in NAMES}
        film = _record(cameras)
        with ExitStack() as pages:
            for camera in cameras.values():
                pages.enter_context(_page(camera))
            yield from _idle(cameras)
        yield _compared("page load to first picture, median", _first_pictures(cameras), "ms")
        yield from _latencies(cameras, film)
        yield _compared("from its start until the page's port answers", _ready(cameras), "s", READY_AIM_SECONDS)
    yield from _sizes()
    yield from event_streams.figures()


def _compared(what: str, found: dict[str, float], unit: str, aim: float | None = None) -> Figure:
    return Figure(f"{what}, petcam-streamer alone", found["go"], unit, aim, {"python": found["python"]})


def _services(camera: Camera) -> list[int]:
    """The processes that serve: of what both need, the feed alone is left out."""
    return [process.pid for name, process in camera.processes.items() if name != "feed"]


def _ask(camera: Camera, method: str, path: str, connection: http.client.HTTPConnection | None = None) -> bytes:
    own = connection or http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=20)
    own.request(method, path, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-65535"})
    answer = own.getresponse()
    body = answer.read()
    if answer.status not in (200, 206, 302):  # without a login, /login leads to the page
        raise RuntimeError(f"{camera.server}: {path}: {answer.status} {body[:200]!r}")
    if connection is None:
        own.close()
    return body


def _record(cameras: dict[str, Camera]) -> dict[str, str]:
    """The name of a film of a few seconds of each."""
    for camera in cameras.values():
        _ask(camera, "POST", "/api/recording/start")
    time.sleep(5)
    for camera in cameras.values():
        _ask(camera, "POST", "/api/recording/stop")
    return {name: max(Path(camera.directory).glob("petcam_*.mp4")).name for name, camera in cameras.items()}


@contextmanager
def _page(camera: Camera) -> Iterator[None]:
    """An open page: what it costs the services, without a browser that would take the machine."""
    watching = watch(camera, 1, 3 * IDLE_SECONDS * ROUNDS)
    command = [sys.executable, "-m", "bench.listeners", str(camera.web_port), "1", str(3 * IDLE_SECONDS * ROUNDS)]
    listening = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    for path in ("/", "/static/live/main.js", "/api/webrtc/config"):
        _ask(camera, "GET", path)
    try:
        yield
    finally:
        for process in (watching, listening):
            process.kill()
            process.communicate()


def _idle(cameras: dict[str, Camera]) -> Iterator[Figure]:
    used: dict[str, list[float]] = {name: [] for name in NAMES}
    alone: list[float] = []  # the streamer beside petcam-web
    for _ in range(ROUNDS):
        for name, camera in cameras.items():
            before, begin = {pid: cpu_ns(pid) for pid in _services(camera)}, time.monotonic_ns()
            time.sleep(IDLE_SECONDS)
            passed = time.monotonic_ns() - begin
            percent = {pid: 100 * (cpu_ns(pid) - ns) / passed for pid, ns in before.items()}
            used[name].append(sum(percent.values()))
            if name == "python":
                alone.append(percent[camera.processes["streamer"].pid])
    median = {name: statistics.median(each) for name, each in used.items()}
    yield _compared("CPU of a core, idle with a page", median, "%", statistics.median(alone) + CPU_AIM)


def _memory() -> Iterator[Figure]:
    """Of one at a time, as what two processes of one program have in common is counted for each as half."""
    parts = {}
    for name in NAMES:
        with running(server=name) as camera, _page(camera):
            time.sleep(SETTLE_SECONDS)
            parts[name] = [_rollup(pid) for pid in _services(camera)]
    for what, keys, aim in (
        ("memory without segments (PSS)", ("Pss_Anon", "Pss_File"), MEMORY_AIM_MIB),
        ("resident memory without segments", ("RssAnon", "RssFile"), MEMORY_AIM_MIB),
        ("of that its own (anonymous)", ("RssAnon",), None),
    ):
        found = {name: sum(each[key] for each in all_ for key in keys) for name, all_ in parts.items()}
        yield _compared(f"{what}, idle with a page", found, "MiB", aim)


def _first_pictures(cameras: dict[str, Camera]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        for turn in range(LOADS):
            for name in NAMES if turn % 2 else reversed(NAMES):
                with browser.new_context() as context:
                    found[name].append(load_ms(context, cameras[name]))
        browser.close()
    return {name: statistics.median(each) for name, each in found.items()}


def _rollup(pid: int) -> dict[str, float]:
    """In MiB."""
    found: dict[str, float] = {}
    for name in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
            key, _, rest = line.partition(":")
            if rest.endswith("kB"):
                found[key] = int(rest.split()[0]) / 1024
    return found


def _latencies(cameras: dict[str, Camera], film: dict[str, str]) -> Iterator[Figure]:
    connections = {
        name: http.client.HTTPConnection("127.0.0.1", each.web_port, timeout=20) for name, each in cameras.items()
    }
    with contextlib.ExitStack() as stack:
        for connection in connections.values():
            stack.callback(connection.close)
        for route in ROUTES:
            took: dict[str, list[float]] = {name: [] for name in NAMES}
            for _ in range(ASKED):
                for name, camera in cameras.items():
                    begin = time.monotonic_ns()
                    _ask(camera, "GET", route.format(film=film[name]), connections[name])
                    took[name].append((time.monotonic_ns() - begin) / 1e6)
            yield _compared(
                f"GET {route}, median", {name: statistics.median(each) for name, each in took.items()}, "ms"
            )


def _ready(cameras: dict[str, Camera]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(STARTS):
        for name, camera in cameras.items():
            service = "streamer" if name == "go" else "web"
            camera.end(service)
            begin = time.monotonic()
            camera.launch(service)
            while True:
                with contextlib.suppress(OSError):
                    _ask(camera, "GET", "/healthz")
                    break
                time.sleep(0.002)
            found[name].append(time.monotonic() - begin)
    return {name: statistics.median(each) for name, each in found.items()}


def _sizes() -> Iterator[Figure]:
    lines = {
        name: float(sum(_lines(path) for folder in CODE[name] for path in (ROOT / folder).rglob(f"*.{ending}")))
        for name, ending in (("python", "py"), ("go", "go"))
    }
    yield _compared("lines of code that serve the page, without tests", lines, "")
    yield Figure("build/petcam-streamer", (ROOT / "build/petcam-streamer").stat().st_size / 1e6, "MB", BINARY_AIM_MB)
    for arch in ("amd64", "arm64"):
        with contextlib.suppress(ValueError):  # it has not been built
            for package in Release.built(arch).packages:
                yield Figure(f"{package.name} for {arch}", package.path.stat().st_size / 1e6, "MB")


def _lines(path: Path) -> int:
    if path.name.endswith("_test.go"):
        return 0
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())
