"""What pictures without WebRTC cost with one and with ten clients, and how soon pages answer meanwhile."""

import http.client
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.camera import Camera, running
from bench.cpu_time import cpu_ns
from bench.figure import Figure
from bench.source import make_film

CLIENTS = 10
FPS = 10
SETTLE = 2.0  # seconds until the pictures come
SPAN = 5.0
PATHS = ("/", "/api/recordings", "/api/recording/status", "/api/go/health", "/healthz")


def figures() -> Iterator[Figure]:
    with TemporaryDirectory() as directory:
        film = Path(directory) / "film.h264"
        make_film(film)
        with running(source=str(film)) as camera:
            yield Figure("answers of pages and API without MJPEG clients, median", _answers(camera)[0], "ms")
            with _looking(camera, 1):
                alone = _cost(camera)
            with _looking(camera, CLIENTS) as pictures:
                together, before = _cost(camera), len(pictures)
                median, worst = _answers(camera)
                rate = (len(pictures) - before) / SPAN / CLIENTS
            with _looking(camera, CLIENTS), _stalled(camera):
                stalled = _answers(camera)[1]
    ten = f"{CLIENTS} MJPEG clients"
    yield Figure("CPU of petcam-web with 1 MJPEG client", alone, "% of a core")
    yield Figure(f"CPU of petcam-web with {ten}", together, "% of a core", 2 * alone)
    yield Figure(f"pictures a second at each of {ten}", rate, "")
    yield Figure(f"answers of pages and API with {ten}, median", median, "ms", 100)
    yield Figure(f"answers of pages and API with {ten}, worst", worst, "ms", 100)
    yield Figure(f"answers of pages and API with {ten} and one that stalls, worst", stalled, "ms", 100)


@contextmanager
def _looking(camera: Camera, count: int) -> Iterator[list[int]]:
    """So many clients; gives the sizes of the pictures that they got so far."""
    stop, pictures = threading.Event(), list[int]()
    threads = [threading.Thread(target=_look, args=(camera, stop, pictures)) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(SETTLE)
    try:
        yield pictures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _look(camera: Camera, stop: threading.Event, pictures: list[int]) -> None:
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?fps={FPS}", timeout=10) as answer:
        while not stop.is_set() and (line := answer.readline()):
            if line.startswith(b"Content-Length: "):
                size = int(line.split()[1])
                while answer.readline().strip():
                    pass
                pictures.append(len(answer.read(size)))


@contextmanager
def _stalled(camera: Camera) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(urllib.request.urlopen(f"{camera.page}stream.mjpg?fps=30", timeout=10))
        time.sleep(SETTLE)
        yield


def _cost(camera: Camera) -> float:
    pid, begin = camera.processes["web"].pid, time.monotonic_ns()
    before = cpu_ns(pid)
    time.sleep(SPAN)
    return 100 * (cpu_ns(pid) - before) / (time.monotonic_ns() - begin)


def _answers(camera: Camera) -> tuple[float, float]:
    """Median and worst in milliseconds, one after the other over a while."""
    took = []
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port)
    end = time.monotonic() + SPAN
    while time.monotonic() < end:
        for path in PATHS:
            begin = time.monotonic()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            took.append((time.monotonic() - begin) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            time.sleep(0.02)
    connection.close()
    return statistics.median(took), max(took)
