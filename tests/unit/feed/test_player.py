"""What is passed on of a live stream, and what is transcoded."""

import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from petcam.errors import Code, PetcamError
from petcam.feed.transcoding import LiveUnit, Player
from petcam.feed.transcoding.player import MAX_GROUP_BYTES, MAX_GROUP_SECONDS
from petcam.h264 import annexb

av = pytest.importorskip("av")

SIZE = (64, 48)
FPS = 5
LIVE = {"tune": "zerolatency", "profile": "baseline"}


def units(seconds, b_frames=0, **params):
    """Of an encoder at ``FPS``, with x264's parameters, as they arrive."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(FPS), Fraction(1, FPS)
    given = {"keyint": 9000, "bframes": b_frames, "scenecut": 0, "repeat-headers": 1, "annexb": 1, "threads": 1}
    words = ":".join(f"{name.replace('_', '-')}={value}" for name, value in {**given, **params}.items())
    encoder.options = {"preset": "ultrafast", "x264-params": words, **({} if b_frames else LIVE)}
    packets = [packet for frame in frames(seconds * FPS) for packet in encoder.encode(frame)] + encoder.encode(None)
    return [unit(list(annexb.nal_units(bytes(packet))), number) for number, packet in enumerate(packets, 1)]


def unit(nals, number):
    at = number * 10**9 // FPS
    return LiveUnit(annexb.join(nals), nals, at, at)


def frames(count):
    for number in range(count):
        planes = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
        planes[: SIZE[1]] = 60 + number * 7 % 100
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        yield frame


def played(units, name="tests"):
    """Pictures with their times."""
    player = Player(name)
    return [found for unit in units for found in player.play(unit)]


SECOND = 10**9


def times_to_keyframes(found):
    at = [media_ns for picture, media_ns in found if picture.keyframe]
    return [after - before for before, after in zip(at, at[1:], strict=False)]


@pytest.fixture
def without_pyav(monkeypatch):
    """A function to call once the stream has been made."""
    return lambda: monkeypatch.setitem(sys.modules, "av", None)


def test_groups_that_are_not_too_long_are_passed_on_as_they_are():
    sent = units(40, keyint=10 * FPS)
    assert [(picture.data, at) for picture, at in played(sent)] == [(each.data, each.media_ns) for each in sent]


def test_an_endless_group_gets_a_keyframe_each_second_and_loses_no_picture(caplog):
    caplog.set_level("INFO")
    sent = units(30)
    found = played(sent)
    assert [media_ns for _, media_ns in found] == [each.media_ns for each in sent]
    first, *others = times_to_keyframes(found)
    assert first <= (MAX_GROUP_SECONDS + 1) * SECOND
    assert others == [SECOND] * len(others)
    assert "keyframes are over 12 s apart" in caplog.text


def test_a_group_is_too_long_by_its_bytes_as_well():
    filler = b"\0\0\1\x0c" + b"\xff" * (MAX_GROUP_BYTES // 5)
    sent = [replace(each, data=each.data + filler) for each in units(3)]
    assert len(times_to_keyframes(played(sent))) > 0


def test_a_stream_without_keyframes_is_decoded_from_a_recovery_point():
    late = units(10, keyint=2 * FPS, intra_refresh=1)[3:]
    found = played(late)
    assert times_to_keyframes(found)[:5] == [SECOND] * 5


def test_b_frames_are_transcoded():
    found = played(units(10, b_frames=2))
    assert len(found) >= 9 * FPS and any(picture.keyframe for picture, _ in found)


def test_without_pyav_an_endless_group_plays_as_it_is_and_the_remedy_is_said_once(without_pyav, caplog):
    sent = units(30)
    without_pyav()
    found = played(sent, "standard input")
    assert [picture.data for picture, _ in found] == [each.data for each in sent]
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("standard input: its keyframes") and "second or two" in said and "python3-av" in said


def test_without_pyav_b_frames_are_refused_with_the_remedy(without_pyav):
    sent = units(10, b_frames=2)
    without_pyav()
    with pytest.raises(PetcamError, match="without B-frames.*python3-av") as caught:
        played(sent)
    assert caught.value.code is Code.BAD_SOURCE
