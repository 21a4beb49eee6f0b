"""What a recording costs, what a killed streamer loses, and how long an hour of it takes to finish and to seek."""

import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.camera import ROOT
from bench.figure import Figure
from bench.picture import CHROMIUM_FLAGS
from bench.recording_cost import cost
from bench.recording_setup import FPS, NUMBER_MARK, RecordingSetup, eventually, make_film, terminate

KILL_COUNT = 100
FRAMES_PER_HOUR = 3600 * FPS
MAX_FRAMES_AHEAD = 600  # by which the writer may be ahead of the file; the ring holds more
NUMBER_PATTERN = re.compile(NUMBER_MARK + rb"(\d{8})")
SEEK_SCRIPT = """
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


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory, ExitStack() as stack:
        setup = RecordingSetup(Path(directory), make_film())
        stack.callback(setup.close)
        return [*cost(setup), *_kills(setup), *_hour(setup)]


def _kills(setup: RecordingSetup) -> Iterator[Figure]:
    lost, complaints = [], 0
    streamer = setup.run("streamer")
    with setup.in_real_time():
        for _ in range(KILL_COUNT):
            shutil.rmtree(setup.recordings)
            setup.start()
            time.sleep(random.uniform(0.2, 1.5))
            delivered = setup.published
            streamer.kill()
            streamer.wait()
            streamer = setup.run("streamer")
            eventually(lambda: [file.suffix for file in setup.recordings.iterdir()] == [".mp4"])
            (file,) = setup.recordings.iterdir()
            numbers = [int(number) for number in NUMBER_PATTERN.findall(file.read_bytes())]
            if numbers != list(range(numbers[0], numbers[-1] + 1)) or _ffmpeg_warnings(file):
                complaints += 1
            lost.append(max(0, delivered - 1 - numbers[-1]))
    terminate(streamer)
    yield Figure(f"frames lost by a kill, median of {KILL_COUNT}", statistics.median(lost), "frames", 1)
    yield Figure("video lost by a kill, worst", max(lost) * 1000 / FPS, "ms", 100)
    yield Figure("files with a gap, or of which ffmpeg complains", complaints, "files")


def _hour(setup: RecordingSetup) -> Iterator[Figure]:
    shutil.rmtree(setup.recordings)
    streamer, web = setup.run("streamer"), setup.run("web")
    try:
        for _ in range(FPS + 1):  # so that there is a new keyframe
            setup.publish()
        setup.start()
        before = setup.published - setup.request("/status")["frame_count"]  # frames that are not in the file
        last = setup.published + FRAMES_PER_HOUR
        while setup.published < last:
            for _ in range(100):
                setup.publish()
            eventually(lambda: setup.published - before - setup.request("/status")["frame_count"] < MAX_FRAMES_AHEAD)
        time.sleep(3)  # until it is synced to disk, as it would be in real time
        begun = time.monotonic()
        stopped = setup.request("/stop", "POST")
        stop_ms = (time.monotonic() - begun) * 1000
        size = stopped["bytes_written"] / 1e6
        yield Figure(f"stopping {stopped['duration'] / 60:.0f} minutes, {size:.0f} MB", stop_ms, "ms", 1000)
        yield Figure("ffmpeg's complaints of it", len(_ffmpeg_warnings(next(setup.recordings.iterdir()))), "characters")
        open_ms, seek_ms = _seek(setup)
        yield Figure("opening it in Chromium, press to first frame", open_ms, "ms")
        yield Figure("first seek in it, to the middle", seek_ms, "ms", 500)
    finally:
        terminate(streamer)
        terminate(web)


def _seek(setup: RecordingSetup) -> tuple[float, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        page = browser.new_page(locale="en-US")
        page.goto(f"http://127.0.0.1:{setup.web_port}/recordings")
        page.locator(".card .open").click()
        begun = time.monotonic()
        page.wait_for_function("() => document.querySelector('.playing video[controls]').readyState >= 2")
        open_ms = (time.monotonic() - begun) * 1000
        seek_ms = float(page.evaluate(SEEK_SCRIPT, 1800))
        browser.close()
    return open_ms, seek_ms


def _ffmpeg_warnings(file: Path) -> str:
    command = ["ffmpeg", "-v", "warning", "-i", str(file), "-c", "copy", "-f", "null", "-"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr
