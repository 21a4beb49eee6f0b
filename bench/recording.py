"""What a recording costs, what a killed streamer loses, and how an hour of it is finished and sought in."""

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
from bench.picture import FLAGS
from bench.recording_cost import cost
from bench.recording_setup import FPS, MARK, Studio, end, film, until

KILLS = 100
HOUR = 3600 * FPS  # frames
AHEAD = 600  # frames that the writer may be ahead of the file: the ring holds more
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


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory, ExitStack() as stack:
        studio = Studio(Path(directory), film())
        stack.callback(studio.close)
        return [*cost(studio), *_kills(studio), *_hour(studio)]


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
            until(lambda: [file.suffix for file in studio.recordings.iterdir()] == [".mp4"])
            (file,) = studio.recordings.iterdir()
            numbers = [int(number) for number in NUMBER.findall(file.read_bytes())]
            if numbers != list(range(numbers[0], numbers[-1] + 1)) or _says(file):
                complaints += 1
            lost.append(max(0, delivered - 1 - numbers[-1]))
    end(streamer)
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
            until(lambda: studio.published - before - studio.ask("/status")["frame_count"] < AHEAD)
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
        end(streamer)
        end(web)


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


def _says(file: Path) -> str:
    command = ["ffmpeg", "-v", "warning", "-i", str(file), "-c", "copy", "-f", "null", "-"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr
