"""What becomes of frames before they are encoded, and of packets that cannot be decoded."""

import io
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from petcam.errors import PetcamError
from petcam.feed.transcoding import transcoder, upright
from petcam.feed.transcoding.transcoder import Transcoder, transcoded

av = pytest.importorskip("av")


def stream(aspect=None, turn=None):
    side_data = {} if turn is None else {"DISPLAYMATRIX": turn}
    decoder = SimpleNamespace(sample_aspect_ratio=None)
    return SimpleNamespace(sample_aspect_ratio=aspect, side_data=side_data, codec_context=decoder)


def picture(width, height):
    """An I420 frame whose luma is brightest at its top left corner."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 16
    planes[: height // 4, : width // 4] = 235
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize(
    ("size", "aspect", "turn", "fitted"),
    [
        ((352, 288), Fraction(16, 11), None, (512, 288)),
        ((352, 288), Fraction(11, 16), None, (352, 418)),
        ((352, 288), Fraction(1000), None, (352, 288)),
        ((1920, 1080), None, None, (1280, 720)),
        ((1920, 1080), None, 90, (720, 406)),
    ],
)
def test_frames_are_fitted_by_what_they_show(size, aspect, turn, fitted):
    assert upright.fitted_size(stream(aspect, turn), picture(*size), (1280, 720)) == pytest.approx(fitted, abs=2)


@pytest.mark.parametrize(
    ("turns", "brightest"),
    [(0, (0, 0)), (1, (1, 0)), (2, (1, 1)), (3, (0, 1))],
    ids=["as it is", "left", "half", "right"],
)
def test_frames_are_turned_against_the_clock(turns, brightest):
    shown = upright.upright(picture(64, 48), (64, 48), turns)
    assert (shown.width, shown.height) == ((64, 48) if turns % 2 == 0 else (48, 64))
    luma = shown.to_ndarray()[: shown.height]
    rows, columns = np.nonzero(luma > 200)
    assert (rows.mean() > shown.height / 2, columns.mean() > shown.width / 2) == brightest


def jpegs(count, damaged):
    """A stream of MJPEG without a container."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "yuvj420p", Fraction(1, 25)
    frames = (picture(64, 48).reformat(format="yuvj420p") for _ in range(count))
    data = [b"".join(map(bytes, encoder.encode(frame))) for frame in frames]
    return b"".join(each[:2] + each[-2:] if n in damaged else each for n, each in enumerate(data))


def test_a_broken_jpeg_costs_itself_alone():
    with av.open(io.BytesIO(jpegs(8, damaged={0, 5})), format="mjpeg") as container:
        found = list(transcoded("tests", container.streams.video[0]))
    assert len(found) == 6 and all(coded.width == 64 for coded, _ in found)


def test_a_source_that_never_gives_a_picture_is_at_fault(monkeypatch):
    monkeypatch.setattr(transcoder, "MAX_BROKEN", 3)

    with av.open(io.BytesIO(jpegs(2, damaged=())), format="mjpeg") as container:
        broken = Transcoder("tests", container.streams.video[0])
        for _ in range(3):
            assert broken.decoded(av.Packet(b"no JPEG")) == []
        with pytest.raises(PetcamError, match="none could be decoded"):
            broken.decoded(av.Packet(b"no JPEG"))
        assert broken.skipped == 4
