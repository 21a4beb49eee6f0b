"""Who serves the page is changed under a running recording and five viewers, and back: neither is lost."""

import asyncio
import contextlib
import http.client
import threading
import time
from types import SimpleNamespace

import pytest
import requests

from petcam.shm.detections import Box, DetectionWriter
from petcam.system.streamer_binary import find_streamer
from tests.integration.web.test_whep import Player, run_in_thread
from tests.real_services import OWNER, VIEWER, RealServices

av = pytest.importorskip("av")
pytest.importorskip("aiortc")

pytestmark = pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup")
VIEWERS = 5
LONGEST_GAP_SECONDS = 0.5  # between two pictures of the recording: the camera makes 20 a second, on a busy machine


@pytest.fixture
def petcam(film, tmp_path):
    with RealServices(tmp_path, film, server="python") as running:
        running.start("web", "streamer")
        yield running


@pytest.fixture
def detector(petcam):
    """Finds a cat ten times a second."""
    ended = threading.Event()

    def run():
        number = 0
        with DetectionWriter(petcam.detections, writer_name="test") as writer:
            while not ended.wait(0.1):
                number += 1
                frame = SimpleNamespace(frame_number=number, capture_ns=time.monotonic_ns(), width=320, height=240)
                writer.publish(frame, [Box("cat", 0.9, 100.0, 100.0, 90.0, 60.0)])

    thread = threading.Thread(target=run)
    thread.start()
    yield
    ended.set()
    thread.join()


class Watcher:
    """Somebody who watches, by WebRTC and by the events of the page, which are asked for anew where they end."""

    def __init__(self, petcam, token, cookie):
        self._petcam, self._cookie = petcam, cookie
        self._player = Player(f"{petcam.streamer_url}/whep", token)
        self._left = threading.Event()
        self.frames, self.boxes, self.streams, self.states, self.refusals = 0, 0, 0, [], set()

    async def watch(self):
        reading = asyncio.create_task(asyncio.to_thread(self._read))
        try:
            async with self._player as player:
                player._peer.on("connectionstatechange", lambda: self.states.append(player._peer.connectionState))
                while not self._left.is_set():
                    await player.frame()
                    self.frames += 1
        finally:
            self.leave()
            await reading

    def leave(self):
        self._left.set()

    def seen(self):
        return self.frames, self.boxes

    def _read(self):
        while not self._left.is_set():
            with contextlib.suppress(requests.RequestException, OSError, http.client.HTTPException):
                url, headers = f"{self._petcam.url}/api/detections/stream", {"Cookie": self._cookie}
                with requests.get(url, headers=headers, stream=True, timeout=20) as answer:
                    self._note(answer)
            self._left.wait(0.1)  # as long as nobody answers

    def _note(self, answer):
        if answer.status_code != 200:
            self.refusals.add(answer.status_code)
            return
        self.streams += 1
        for line in iter(answer.raw.readline, b""):
            self.boxes += b'"cat"' in line
            if self._left.is_set():
                return


async def until_all_see_more(watchers, pictures=20, boxes=3):
    before = [watcher.seen() for watcher in watchers]
    deadline = time.monotonic() + 60
    while any(
        watcher.frames < frames + pictures or watcher.boxes < found + boxes
        for watcher, (frames, found) in zip(watchers, before, strict=True)
    ):
        assert time.monotonic() < deadline, [watcher.seen() for watcher in watchers]
        await asyncio.sleep(0.05)


async def change_who_serves(petcam, cookies):
    token = petcam.token("add", "players")
    watchers = [Watcher(petcam, token, cookies[number % len(cookies)]) for number in range(VIEWERS)]
    watching = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    try:
        await until_all_see_more(watchers)
        name = (await asyncio.to_thread(petcam.api_of(OWNER), "POST", "/recording/start"))["filename"]
        for streams, server in enumerate(("go", "python", "go"), 2):
            await asyncio.to_thread(petcam.hand_over, server)
            await asyncio.to_thread(expect_as_before, petcam, cookies, name)
            await until_all_see_more(watchers)
            assert [watcher.streams for watcher in watchers] == VIEWERS * [streams]
        assert {(*watcher.states[-1:], watcher.states.count("connected")) for watcher in watchers} == {("connected", 1)}
        assert not any(watcher.refusals for watcher in watchers)
        assert not any(task.done() for task in watching)
        return (await asyncio.to_thread(petcam.api_of(OWNER), "POST", "/recording/stop"))["filename"], name
    finally:
        for watcher in watchers:
            watcher.leave()
        await asyncio.gather(*watching, return_exceptions=True)


def expect_as_before(petcam, cookies, name):
    """Nobody is logged out, all watch, and the recording goes on."""
    for cookie in cookies:
        answer = requests.get(f"{petcam.url}/api/recording/status", headers={"Cookie": cookie}, timeout=20)
        assert (answer.status_code, answer.json()["recording"], answer.json()["filename"]) == (200, True, name)
    health = requests.get(f"{petcam.streamer_url}/health", timeout=20).json()
    assert health["webrtc_clients"] == VIEWERS


def test_a_switch_under_a_recording_and_five_viewers_loses_neither(petcam, detector):
    cookies = [petcam.log_in(OWNER), petcam.log_in(VIEWER)]
    stopped, begun = run_in_thread(change_who_serves(petcam, cookies))
    assert stopped == begun
    with av.open(str(petcam.recordings / begun)) as container:
        times = [float(frame.pts * frame.time_base) for frame in container.demux(video=0) if frame.pts is not None]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert max(gaps) < LONGEST_GAP_SECONDS, max(gaps)
    assert "Traceback" not in petcam.all_logs() and "panic" not in petcam.all_logs()
