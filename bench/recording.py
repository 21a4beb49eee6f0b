"""What a recording costs, what a killed streamer loses, and how an hour of it is finished and sought in.

The writer of the segment is here, and numbers each picture in its own bytes, so that files can be compared with it.
"""

import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml
from playwright.sync_api import sync_playwright

from bench.camera import ROOT
from bench.figure import Figure
from bench.picture import FLAGS
from bench.ports import free_ports
from petcam.shm.stream import StreamWriter

FPS = 30
KILLS = 100
COST_SECONDS = 20.0
HOUR = 3600 * FPS  # frames
AHEAD = 600  # frames that the writer may be ahead of the file: the ring holds more
DELIMITER = b"\0\0\0\1\x09"
MARK = b"petcam-bench-num"  # the UUID of an SEI message
NUMBER = re.compile(MARK + rb"(\d{8})")
SEEK = """
async middle => {
  const video = document.querySelector(".playing video[controls]");
  if (video.readyState < 1) await new Promise(resolve => video.addEventListener("loadedmetadata", resolve));
  video.pause();
  const begun = performance.now();
  return new Promise(resolve => {
    const look = (now, { mediaTime }) => mediaTime > middle - 2
      ? resolve(performance.now() - begun) : video.requestVideoFrameCallback(look);
    video.requestVideoFrameCallback(look);
    video.currentTime = middle;
  });
}
"""


class Studio:
    """A segment, a streamer that can be killed, and petcam-web over its recordings."""

    def __init__(self, directory: Path, film: list[bytes]) -> None:
        self.web_port, self.port = free_ports(2)
        self.recordings = directory / "recordings"
        self._config = directory / "petcam.yaml"
        self._log = open(directory / "log", "w")
        self._film = film
        name = f"/petcam_bench_{self.port}"
        self._config.write_text(yaml.safe_dump(_settings(self, name)))
        self._writer = StreamWriter(f"{name}_stream", writer_name="bench")
        self._base_ns = time.monotonic_ns()
        self.published = 0

    def run(self, command: str) -> "subprocess.Popen[bytes]":
        petcam = [sys.executable, "-m", "petcam.cli", "web"]
        words = petcam if command == "web" else [str(ROOT / "build/petcam-streamer")]
        return subprocess.Popen([*words, "--config", str(self._config)], cwd=ROOT, stdout=self._log, stderr=self._log)

    def publish(self) -> None:
        """The next picture, in the camera's own time."""
        n = self.published
        picture = self._film[n % len(self._film)]
        sei = b"\0\0\0\1\x06\x05\x18" + MARK + b"%08d" % n + b"\x80"
        data = picture[:6] + sei + picture[6:]
        keyframe = n % len(self._film) % FPS == 0
        capture_ns = self._base_ns + n * 1_000_000_000 // FPS
        self._writer.publish(data, capture_ns=capture_ns, keyframe=keyframe, width=640, height=360)
        self.published = n + 1

    @contextmanager
    def in_real_time(self) -> Iterator[None]:
        stop = threading.Event()

        def film() -> None:
            while not stop.is_set():
                due = (self._base_ns + self.published * 1_000_000_000 // FPS - time.monotonic_ns()) / 1e9
                if due > 0:
                    stop.wait(due)
                self.publish()

        self._base_ns = time.monotonic_ns() - self.published * 1_000_000_000 // FPS
        thread = threading.Thread(target=film)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def ask(self, path: str, method: str = "GET") -> dict[str, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            loaded: dict[str, Any] = json.load(answer)
        return loaded

    def start(self) -> None:
        _until(lambda: bool(self.ask("/start", "POST")))

    def close(self) -> None:
        self._writer.close()
        self._log.close()


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory, ExitStack() as stack:
        studio = Studio(Path(directory), _film())
        stack.callback(studio.close)
        return [*_cost(studio), *_kills(studio), *_hour(studio)]


def _cost(studio: Studio) -> Iterator[Figure]:
    streamer = studio.run("streamer")
    try:
        with studio.in_real_time():
            _until(lambda: studio.ask("/health")["camera"]["state"] == "live")
            idle_cpu, idle_memory = _use(streamer.pid)
            studio.start()
            cpu, memory = _use(streamer.pid)
            last = studio.ask("/stop", "POST")
    finally:
        _end(streamer)
    bits = last["bytes_written"] * 8 / last["duration"] / 1e6
    yield Figure(f"CPU that recording {bits:.1f} Mb/s adds", cpu - idle_cpu, "% of a core", 0.5)
    yield Figure("memory that recording adds", memory - idle_memory, "MiB", 5)


def _use(pid: int) -> tuple[float, float]:
    """CPU in percent of a core over a while, and private memory in MiB at its end."""
    before, begun = _cpu_ns(pid), time.monotonic_ns()
    time.sleep(COST_SECONDS)
    cpu = 100 * (_cpu_ns(pid) - before) / (time.monotonic_ns() - begun)
    info = psutil.Process(pid).memory_info()
    return cpu, (info.rss - info.shared) / 2**20


def _cpu_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def _kills(studio: Studio) -> Iterator[Figure]:
    lost, complaints = [], 0
    streamer = studio.run("streamer")
    with studio.in_real_time():
        for _ in range(KILLS):
            shutil.rmtree(studio.recordings)
            studio.start()
            time.sleep(random.uniform(0.2, 1.5))
            delivered = studio.published
            streamer.kill()
            streamer.wait()
            streamer = studio.run("streamer")
            _until(lambda: [file.suffix for file in studio.recordings.iterdir()] == [".mp4"])
            (file,) = studio.recordings.iterdir()
            numbers = [int(number) for number in NUMBER.findall(file.read_bytes())]
            if numbers != list(range(numbers[0], numbers[-1] + 1)) or _says(file):
                complaints += 1
            lost.append(max(0, delivered - 1 - numbers[-1]))
    _end(streamer)
    yield Figure(f"frames lost by a kill, median of {KILLS}", statistics.median(lost), "frames", 1)
    yield Figure("video lost by a kill, worst", max(lost) * 1000 / FPS, "ms", 100)
    yield Figure("files with a gap, or of which ffmpeg complains", complaints, "files")


def _hour(studio: Studio) -> Iterator[Figure]:
    shutil.rmtree(studio.recordings)
    streamer, web = studio.run("streamer"), studio.run("web")
    try:
        for _ in range(FPS + 1):  # a keyframe that is new
            studio.publish()
        studio.start()
        before = studio.published - studio.ask("/status")["frame_count"]  # frames that are not in the file
        last = studio.published + HOUR
        while studio.published < last:
            for _ in range(100):
                studio.publish()
            _until(lambda: studio.published - before - studio.ask("/status")["frame_count"] < AHEAD)
        time.sleep(3)  # made durable as it would be in real time
        begun = time.monotonic()
        stopped = studio.ask("/stop", "POST")
        stop_ms = (time.monotonic() - begun) * 1000
        size = stopped["bytes_written"] / 1e6
        yield Figure(f"stopping {stopped['duration'] / 60:.0f} minutes, {size:.0f} MB", stop_ms, "ms", 1000)
        yield Figure("ffmpeg's complaints of it", len(_says(next(studio.recordings.iterdir()))), "characters")
        open_ms, seek_ms = _seek(studio)
        yield Figure("opening it in Chromium, press to first frame", open_ms, "ms")
        yield Figure("first seek in it, to the middle", seek_ms, "ms", 500)
    finally:
        _end(streamer)
        _end(web)


def _seek(studio: Studio) -> tuple[float, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(locale="en-US")
        page.goto(f"http://127.0.0.1:{studio.web_port}/recordings")
        page.locator(".card .open").click()
        begun = time.monotonic()
        page.wait_for_function("() => document.querySelector('.playing video[controls]').readyState >= 2")
        open_ms = (time.monotonic() - begun) * 1000
        seek_ms = float(page.evaluate(SEEK, 1800))
        browser.close()
    return open_ms, seek_ms


def _settings(studio: Studio, name: str) -> dict[str, Any]:
    return {
        "web": {"host": "127.0.0.1", "port": studio.web_port},
        "streamer": {"host": "127.0.0.1", "port": studio.port},
        "camera": {"stream": f"{name}_stream", "detections": f"{name}_detections"},
        "webrtc": {"udp_port": studio.port},
        "recording": {"directory": str(studio.recordings), "segment_minutes": 1440, "min_free_bytes": 1 << 28},
        "auth": {"mode": "none"},
    }


def _film() -> list[bytes]:
    """Two seconds of 2 Mb/s, a picture each."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=rate={FPS}:size=640x360,noise=alls=30:allf=t"]
    command += ["-frames:v", str(2 * FPS), "-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast"]
    command += ["-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M", "-g", str(FPS), "-sc_threshold", "0"]
    command += ["-pix_fmt", "yuv420p", "-x264-params", "aud=1", "-f", "h264", "-"]
    video = subprocess.run(command, check=True, capture_output=True).stdout
    return [DELIMITER + picture for picture in video.split(DELIMITER)[1:]]


def _says(file: Path) -> str:
    command = ["ffmpeg", "-v", "warning", "-i", str(file), "-c", "copy", "-f", "null", "-"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.01)
    raise RuntimeError(f"not so after {seconds:g} s")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(10)
