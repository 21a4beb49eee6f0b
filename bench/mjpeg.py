"""What MJPEG costs with one and with ten clients, and how soon pages are answered meanwhile."""

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
SETTLE_SECONDS = 2.0  # until pictures come
MEASURE_SECONDS = 5.0
PATHS = ("/", "/api/recordings", "/api/recording/status", "/api/go/health", "/healthz")


def figures() -> Iterator[Figure]:
    with TemporaryDirectory() as directory:
        film = Path(directory) / "film.h264"
        make_film(film)
        with running(source=str(film)) as camera:
            yield Figure("answers of pages and API without MJPEG clients, median", _response_times(camera)[0], "ms")
            with _clients(camera, 1):
                alone = _cost(camera)
            with _clients(camera, CLIENTS) as pictures:
                together, before = _cost(camera), len(pictures)
                median, worst = _response_times(camera)
                rate = (len(pictures) - before) / MEASURE_SECONDS / CLIENTS
            with _clients(camera, CLIENTS), _stalled_client(camera):
                stalled = _response_times(camera)[1]
    ten = f"{CLIENTS} MJPEG clients"
    yield Figure("CPU of petcam-web with 1 MJPEG client", alone, "% of a core")
    yield Figure(f"CPU of petcam-web with {ten}", together, "% of a core", 2 * alone)
    yield Figure(f"pictures a second at each of {ten}", rate, "")
    yield Figure(f"answers of pages and API with {ten}, median", median, "ms", 100)
    yield Figure(f"answers of pages and API with {ten}, worst", worst, "ms", 100)
    yield Figure(f"answers of pages and API with {ten} and one that stalls, worst", stalled, "ms", 100)


@contextmanager
def _clients(camera: Camera, count: int) -> Iterator[list[int]]:
    """``count`` MJPEG clients; gives the list of the sizes of the pictures that they have received."""
    stop, pictures = threading.Event(), list[int]()
    threads = [threading.Thread(target=_read_stream, args=(camera, stop, pictures)) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_SECONDS)
    try:
        yield pictures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read_stream(camera: Camera, stop: threading.Event, pictures: list[int]) -> None:
    with urllib.request.urlopen(f"{camera.page}stream.mjpg?fps={FPS}", timeout=10) as answer:
        while not stop.is_set() and (line := answer.readline()):
            if line.startswith(b"Content-Length: "):
                size = int(line.split()[1])
                while answer.readline().strip():
                    pass
                pictures.append(len(answer.read(size)))


@contextmanager
def _stalled_client(camera: Camera) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(urllib.request.urlopen(f"{camera.page}stream.mjpg?fps=30", timeout=10))
        time.sleep(SETTLE_SECONDS)
        yield


def _cost(camera: Camera) -> float:
    pid, begin = camera.processes["web"].pid, time.monotonic_ns()
    before = cpu_ns(pid)
    time.sleep(MEASURE_SECONDS)
    return 100 * (cpu_ns(pid) - before) / (time.monotonic_ns() - begin)


def _response_times(camera: Camera) -> tuple[float, float]:
    """Median and worst response time in milliseconds, of requests one after the other for ``MEASURE_SECONDS``."""
    durations_ms = []
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port)
    end = time.monotonic() + MEASURE_SECONDS
    while time.monotonic() < end:
        for path in PATHS:
            begin = time.monotonic()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            durations_ms.append((time.monotonic() - begin) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            time.sleep(0.02)
    connection.close()
    return statistics.median(durations_ms), max(durations_ms)
