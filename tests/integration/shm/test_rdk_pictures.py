"""The RDK X5's ring of ready pictures."""

import pytest

from petcam import segments
from petcam.errors import PetcamError
from petcam.media.budget import PictureBudget
from petcam.shm.rdk_x5 import JPEG, NV12, RdkPictureReader, format_of, segment
from petcam.shm.rdk_x5.layout import DETECTIONS_1
from petcam.web.pictures.feed import PictureFeed
from petcam.web.pictures.picture import PictureOptions
from petcam.web.pictures.source import SourceSelector
from tests.integration.shm import rdk_daemons

SIZE = {"width": 64, "height": 48}
GREY = b"\x80" * (64 * 48 * 3 // 2)
READY = b"\xff\xd8 a picture \xff\xd9"


@pytest.fixture(params=["before", "after"])
def ring(name, request):
    with rdk_daemons.Ring(name, request.param) as ring:
        yield ring


def test_the_newest_picture_is_returned_once(ring, name):
    with RdkPictureReader(name) as reader:
        ring.write(READY, format=JPEG, **SIZE)
        ring.write(GREY, format=NV12, **SIZE, tv_sec=12, tv_nsec=34)
        assert reader.read(5) == (12_000_000_034, 64, 48, NV12, GREY)
        assert reader.read(0.02) is None
        ring.write(READY, format=JPEG, **SIZE)
        assert reader.read(5).data == READY


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        (READY, {"format": 3}),
        (READY, {"format": NV12}),
        (READY[:-1], {"format": JPEG}),
        (GREY, {"format": NV12, "width": 63}),
        (GREY, {"format": NV12, "height": -48}),
        (GREY, {"format": NV12, "tv_nsec": -1}),
        (READY, {"format": JPEG, "data_size": 2**63}),
    ],
)
def test_a_picture_that_makes_no_sense_is_not_returned(ring, name, data, changed):
    ring.write(data, **{**SIZE, **changed})
    assert format_of(name) is None
    with RdkPictureReader(name) as reader:
        assert reader.read(0.02) is None


def test_a_picture_that_is_still_being_copied_is_not_returned(name, monkeypatch):
    with rdk_daemons.Ring(name, "after") as ring, RdkPictureReader(name) as reader:
        ring.write(READY, format=JPEG, **SIZE)

        def overwrite(_):
            ring.copy(0, GREY, format=NV12, **SIZE)

        monkeypatch.setattr(segment.time, "sleep", overwrite)
        assert reader.read(0) is None


def test_format_of_says_whether_the_segment_holds_jpeg(ring, name):
    assert format_of(name) is None and format_of(f"{name}_none") is None
    ring.write(READY, format=JPEG, **SIZE)
    assert format_of(name) == JPEG


def test_a_segment_of_another_size_is_refused(name):
    with (
        rdk_daemons.Detector(name, DETECTIONS_1),
        RdkPictureReader(name) as reader,
        pytest.raises(PetcamError, match="ring of pictures"),
    ):
        reader.read(0)


@pytest.fixture
def feed(name):
    """What petcam-web shows where ``name`` has ready pictures."""
    cameras = SourceSelector("rdk-x5", f"{name}_stream", name)
    feed = PictureFeed(cameras, lambda: segments.detection_reader("rdk-x5", f"{name}_detections"), PictureBudget())
    yield feed
    feed.stop()


def shown(feed, view):
    pictures, leave = feed.subscribe(view, 30)
    try:
        news = pictures.wait(0, 5)
        return news and news[1].jpeg
    finally:
        leave()


def test_an_rdk_x5s_own_pictures_are_shown_without_decoding(ring, feed):
    av = pytest.importorskip("av")
    ready = black_jpeg()
    for number in range(3):
        ring.write(ready, format=0, width=64, height=48, frame_number=number)
    assert shown(feed, PictureOptions()) == ready
    nv12 = bytes([150]) * (64 * 48) + bytes([128]) * (64 * 24)
    ring.write(nv12, format=1, width=64, height=48)
    frame = av.CodecContext.create("mjpeg", "r").decode(av.Packet(shown(feed, PictureOptions(32))))[0]
    assert (frame.width, frame.height) == (32, 24)
    assert abs(frame.to_ndarray(format="gray").mean() - (150 - 16) * 255 / 219) < 6


def black_jpeg():
    from petcam.media.jpeg import Encoder, Scaler, nv12_frame

    return Encoder().encode(Scaler().scale(nv12_frame(bytes(64 * 72), 64, 48)))
