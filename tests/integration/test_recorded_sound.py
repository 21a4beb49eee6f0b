"""The sound of a recording of the real streamer: in step with the pictures, also in a file that grows or was cut."""

import contextlib
import os
import random
import secrets
import struct
import subprocess
import time

import numpy as np
import pytest

from petcam.system.streamer_binary import find_streamer
from tests.complaints import complaints
from tests.flash_and_beep import RATE, FlashAndBeep
from tests.real_services import OWNER, RealServices

av = pytest.importorskip("av")

IN_STEP_SECONDS = 0.02
LOUD = 4000  # of 32767: the beep
BRIGHT = 128


@pytest.fixture
def services(tmp_path):
    if find_streamer() is None:
        pytest.skip("petcam-streamer is not built: make build")
    segment = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    stream, audio = f"{segment}_s", f"{segment}_a"
    with contextlib.closing(RealServices(tmp_path, stream, audio=audio)) as running:
        running.start("web", "streamer")
        with contextlib.closing(FlashAndBeep(stream, audio)):  # later: no sound is recorded from before
            yield running


@pytest.fixture
def api(services):
    return services.api_of(OWNER)


def start(api):
    """The name of a recording that has just begun; the camera may just be coming up."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(AssertionError):
            return api("POST", "/recording/start")["filename"]
    raise AssertionError("it does not begin")


def record_until(api, seconds):
    deadline = time.monotonic() + 60
    while api("GET", "/recording/status")["duration"] < seconds:
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.2)  # the camera films no faster


def flashes_and_beeps(path):
    """When they begin, seconds."""
    with av.open(str(path)) as container:
        pictures = [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="gray").mean())
            for frame in container.decode(video=0)
        ]
    with av.open(str(path)) as container:
        pieces = [(float(frame.pts * frame.time_base), frame.to_ndarray()) for frame in container.decode(audio=0)]
    assert all(after[0] - before[0] == pytest.approx(0.02, abs=1e-4) for before, after in zip(pieces, pieces[1:]))  # noqa: B905
    assert pieces[0][0] == 0
    wave = np.concatenate([piece[1][0] for piece in pieces])
    wave = np.abs(wave * 32767 if wave.dtype.kind == "f" else wave.astype(np.int32))
    flashes = [at for (_, before), (at, shade) in zip(pictures, pictures[1:]) if before < BRIGHT <= shade]  # noqa: B905
    loud = np.flatnonzero(wave > LOUD)
    beeps = [loud[0], *loud[1:][np.diff(loud) > RATE // 4]]
    return flashes, [beep / RATE for beep in beeps if beep > RATE // 4], len(wave) / RATE, pictures[-1][0]


def check(path, least):
    flashes, beeps, sound, last_picture = flashes_and_beeps(path)
    off = [min((beep - flash for beep in beeps), key=abs) for flash in flashes[:-1]]
    print(f"{path.name}: {len(off)} flashes, beeps off by {[round(float(each) * 1000, 1) for each in off]} ms")
    assert len(off) >= least and max(map(abs, off)) < IN_STEP_SECONDS
    assert abs(sound - last_picture) < 0.15


def ffprobe(path):
    """What it says of the streams, and its complaints."""
    entries = "stream=codec_name,codec_type,sample_rate,channels"
    ran = subprocess.run(
        ["ffprobe", "-v", "warning", "-show_entries", entries, "-of", "csv=p=0", str(path)],
        text=True,
        capture_output=True,
    )
    said = [line for line in complaints(ran.stderr) if not line.startswith("Unsupported codec with id 0")]
    return ran.stdout.split(), said


def test_what_flashes_and_beeps_at_once_does_so_in_a_recording_that_grows_and_in_a_finished_one(
    services, api, tmp_path
):
    name, growing = start(api), tmp_path / "growing.mp4"
    record_until(api, 5)
    growing.write_bytes((services.recordings / f"{name}.part").read_bytes())  # of one moment
    check(growing, 3)
    api("POST", "/recording/stop")
    check(services.recordings / name, 3)
    assert ffprobe(services.recordings / name) == (["h264,video", "unknown,data", "opus,audio,48000,1"], [])


def test_a_recording_that_is_killed_is_recovered_with_its_sound(services, api):
    name = start(api)
    record_until(api, 5)
    services.kill("streamer")
    services.start("streamer")
    deadline = time.monotonic() + 20
    while name not in services.recorded():
        assert time.monotonic() < deadline, "it is not recovered"
        time.sleep(0.05)  # recovery runs in the background
    check(services.recordings / name, 3)


def ends_of_samples(content):
    """Of a recording that grows: where each of its last pairs ends."""
    ends, at = [], content.index(b"moof") - 4
    while at + 108 <= len(content):
        (size,) = struct.unpack_from(">I", content, at + 100)
        at += 100 + size
        ends.append(at)
    return [end for end in ends if len(content) * 3 // 4 < end <= len(content)]


def test_a_growing_recording_that_is_cut_behind_any_sample_plays(services, api, tmp_path):
    name = start(api)
    record_until(api, 4)
    content = (services.recordings / f"{name}.part").read_bytes()
    cut = tmp_path / "cut.mp4"
    for end in random.sample(ends_of_samples(content), 20):
        cut.write_bytes(content[:end])
        check(cut, 1)
