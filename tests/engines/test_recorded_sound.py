"""A recording with sound, played by the page of recordings, in Firefox and in WebKit."""

import contextlib
import itertools
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.picture import wait_for_picture
from tests.engines.web_driver import WebDriver
from tests.flash_and_beep import FlashAndBeep
from tests.real_services import OWNER, RealServices

pytest.importorskip("av")

# When the sound of the player's file begins each time, by the engine's own decoder (without a sound card there is no
# other way), and how long it is.
DECODE = """(async () => {
    const file = await fetch(document.querySelector(".player video").currentSrc);
    const decoded = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(await file.arrayBuffer());
    const begins = [];
    let last = -48000;
    decoded.getChannelData(0).forEach((sample, at) => {
        if (Math.abs(sample) < 0.1) return;
        if (at - last > 12000) begins.push(at / 48000);
        last = at;
    });
    return JSON.stringify([begins, decoded.duration]);
})()"""
FRAMES = "parseInt(document.getElementById('recording-frames').textContent)"
CAN_PLAY = "document.createElement('video').canPlayType('video/mp4; codecs=\"avc1.42e01f, opus\"')"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[RealServices]:
    segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    stream, audio = f"{segment}_s", f"{segment}_a"
    with contextlib.closing(FlashAndBeep(stream, audio)):
        with contextlib.closing(RealServices(tmp_path, stream, audio=audio)) as running:
            running.start("web", "streamer")
            yield running


def test_the_sound_of_a_recording_is_decoded_and_as_long_as_its_video(
    engine: WebDriver, services: RealServices
) -> None:
    engine.goto(services.url)
    engine.type("input[type=password]", OWNER)
    engine.click("form [type=submit], form button:not([type=button])")
    wait_for_picture(engine)
    if not engine.run(CAN_PLAY):
        pytest.skip("this engine has no H.264 or no Opus here: apt-get install ffmpeg gstreamer1.0-plugins-base")
    engine.click("#start-recording")
    engine.wait_for(f"{FRAMES} > 0")
    # What was there before the press may be older than the streamer, and then has no sound.
    engine.wait_for(f"{FRAMES} > {engine.run(FRAMES)} + 125")
    name = engine.run("fetch('/api/recording/status').then(answer => answer.json()).then(({ filename }) => filename)")
    engine.click("#stop-recording")
    engine.wait_for("document.querySelector('#recording-status[data-state=off]')")
    engine.goto(f"{services.url}/recordings#{name}")
    engine.wait_for("document.querySelector('.player video')?.readyState > 2")
    engine.run("document.querySelector('.player video').play()")
    engine.wait_for("document.querySelector('.player video').currentTime > 3")
    begins, length = json.loads(engine.run(DECODE))
    distances = [after - before for before, after in itertools.pairwise(begins)]
    assert len(distances) >= 3 and distances[1:] == pytest.approx([1.0] * len(distances[1:]), abs=0.005)
    assert length == pytest.approx(engine.run("document.querySelector('.player video').duration"), abs=0.02)
    engine.goto("about:blank")
