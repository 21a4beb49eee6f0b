"""A file's sound: in step with its pictures, over each beginning, and where one begins to hear late."""

import threading
import time
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av")

from petcam.errors import Code, PetcamError  # noqa: E402
from petcam.feed import sources  # noqa: E402
from petcam.feed.sources import file_sound  # noqa: E402
from petcam.feed.sources.file_sound import FileSound  # noqa: E402
from petcam.feed.timing import Playhead  # noqa: E402

NS = 1_000_000_000
RATE = 48_000


def write(path, codec="aac", sound_first=False, seconds=1.0, with_sound=True, extra=0.0):
    """A clip with a flash and a beep at half of each second; ``extra``: by which its sound is longer."""
    with av.open(str(path), "w") as file:
        makers = [lambda: _video(file), lambda: _audio(file, codec)] if with_sound else [lambda: _video(file)]
        streams = [make() for make in (reversed(makers) if sound_first else makers)]
        video = next(stream for stream in streams if stream.type == "video")
        for number in range(round(seconds * 20)):
            light = 235 if number % 20 == 10 else 16
            picture = av.VideoFrame.from_ndarray(np.full((72, 64), light, np.uint8).astype(np.uint8), "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 20)
            file.mux(video.encode(picture))
        file.mux(video.encode())
        for stream in streams:
            if stream.type == "audio":
                _write_beeps(file, stream, seconds + extra)
    return path


def _video(file):
    stream = file.add_stream("libx264", rate=20)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    stream.options = {"profile": "baseline", "g": "20", "tune": "zerolatency"}
    return stream


def _audio(file, codec):
    stream = file.add_stream(codec, rate=RATE)
    stream.layout = "mono"
    return stream


def _write_beeps(file, stream, seconds):
    size, form = stream.codec_context.frame_size or 960, stream.codec_context.format.name
    resampler = av.AudioResampler(form, "mono", RATE)
    for at in range(0, round(seconds * RATE), size):
        places = np.arange(at, at + size) / RATE
        beep = np.sin(2 * np.pi * 1000 * places) * ((places % 1 >= 0.5) & (places % 1 < 0.6)) / 2
        frame = av.AudioFrame.from_ndarray(beep.astype(np.float32).reshape(1, -1), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        for each in resampler.resample(frame):
            file.mux(stream.encode(each))
    file.mux(stream.encode())


def at(playhead, seconds, began_ns):
    playhead.note(round(seconds * NS), began_ns + round(seconds * NS))


def next_beep(packets):
    """The first packet of the next beep that is heard from its beginning."""
    was_loud = True
    for packet in packets:
        is_loud = packet.rms_db > -30
        if is_loud and not was_loud:
            return packet
        was_loud = is_loud
    raise AssertionError("no beep came")


@pytest.fixture
def patient(monkeypatch):
    """However slow the machine is, nothing is left out for being late."""
    monkeypatch.setattr(file_sound, "LATE_NS", 600 * NS)
    monkeypatch.setattr(file_sound, "SEEK_NS", 600 * NS)


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "aac"), (".mkv", "libopus"), (".mov", "pcm_alaw")])
@pytest.mark.parametrize("sound_first", [False, True])
def test_its_beep_is_where_its_flash_is(patient, tmp_path, suffix, codec, sound_first):
    path = write(tmp_path / f"clip{suffix}", codec, sound_first)
    playhead, stop = Playhead(), threading.Event()
    playhead.begin()
    began_ns = time.monotonic_ns()
    at(playhead, 0, began_ns)
    packets = FileSound(path, playhead).packets(stop)
    with closing(packets):
        assert next(packets).discontinuity
        beep = next_beep(packets)
    assert beep.capture_ns - began_ns == pytest.approx(0.5 * NS, abs=25_000_000)


def test_it_begins_anew_with_the_pictures_and_not_sooner(patient, tmp_path):
    path = write(tmp_path / "clip.mp4")
    playhead, stop = Playhead(), threading.Event()
    playhead.begin()
    at(playhead, 0, time.monotonic_ns())
    packets = FileSound(path, playhead).packets(stop)
    with closing(packets):
        next(packets)
        playhead.begin()
        later = time.monotonic_ns()
        at(playhead, 0, later)
        beep = next_beep(packets)
    assert beep.capture_ns - later == pytest.approx(0.5 * NS, abs=25_000_000)


def test_who_begins_to_hear_late_hears_what_is_shown(tmp_path):
    """Or what is shown by then, on a machine that is slow to open it."""
    path = write(tmp_path / "clip.mp4", seconds=40.0)
    playhead, stop = Playhead(), threading.Event()
    playhead.begin()
    began_ns = time.monotonic_ns() - round(4.3 * NS)
    at(playhead, 4.3, began_ns)
    packets = FileSound(path, playhead).packets(stop)
    with closing(packets):
        beep = next_beep(packets)
    number, place = divmod(beep.capture_ns - began_ns, NS)
    assert number >= 4 and place == pytest.approx(0.5 * NS, abs=25_000_000)


def test_a_file_without_sound_says_so(tmp_path):
    path = write(tmp_path / "clip.mp4", with_sound=False)
    playhead = Playhead()
    playhead.begin()
    at(playhead, 0, time.monotonic_ns())
    with pytest.raises(PetcamError, match=r"clip.mp4 has no sound in it"):
        next(FileSound(path, playhead).packets(threading.Event()))


def test_what_has_no_sound_of_its_own_names_the_remedy(tmp_path):
    bare = tmp_path / "clip.h264"
    bare.write_bytes(b"\0\0\0\1\x67\x42")
    with pytest.raises(PetcamError, match="set camera.microphone to a microphone") as failed:
        next(sources.sound_of(sources.find(str(bare), None, 0)).packets(threading.Event()))
    assert failed.value.code is Code.BAD_SOURCE


def test_those_that_have_are_asked(tmp_path):
    path = write(tmp_path / "clip.mp4")
    named = {sources.sound_of(sources.find(word, None, 0)).name for word in (str(path), "demo", "rtsp://10.0.0.1/x")}
    assert named == {"the sound of clip.mp4", "the demo's cat", "the sound of rtsp://10.0.0.1"}
    assert Path(path).exists()
