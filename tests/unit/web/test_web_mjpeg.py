"""Pictures without WebRTC."""

import threading
import time
from types import SimpleNamespace

import pytest

from petcam.web import mjpeg, picture_feed
from petcam.web.picture_feed import Picture, PictureFeed

av = pytest.importorskip("av")


def h264(pictures, width=320, height=240):
    """Access units of so many grey pictures."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = 30
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": "keyint=10:scenecut=0"}
    for number in range(pictures):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = number
        yield from encoder.encode(frame)


def access_units(pictures=3, **size):
    for number, packet in enumerate(h264(pictures, **size)):
        yield SimpleNamespace(
            data=bytes(packet),
            keyframe=packet.is_keyframe,
            discontinuity=False,
            capture_ns=time.monotonic_ns() + number * picture_feed.INTERVAL_NS,
        )


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(mjpeg, "SNAPSHOT_WAIT", 0.05)


def decoders():
    return [thread for thread in threading.enumerate() if thread.name == "pictures"]


def join_decoder():
    for thread in decoders():
        thread.join(5)
    return decoders() == []


def test_it_gives_the_newest_picture(client, services, stream_reader):
    for unit in access_units():
        stream_reader.news.put(unit)
    answer = client.get("/snapshot.jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.data.startswith(b"\xff\xd8") and answer.data.endswith(b"\xff\xd9")
    assert services.places.taken() == 0


def test_it_says_that_the_camera_is_silent(client, services, quick):
    answer = client.get("/snapshot.jpg")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Camera silent")
    assert services.places.taken() == 0


def test_it_shows_no_picture_of_long_ago(client, services, quick):
    services.pictures.newest.publish(Picture(b"old", time.monotonic_ns() - picture_feed.SILENT_NS))
    assert client.get("/snapshot.jpg").status_code == 503


@pytest.mark.parametrize("path", ["/snapshot.jpg", "/stream.mjpg"])
def test_it_names_the_package_to_install_where_pyav_is_missing(client, monkeypatch, path):
    monkeypatch.setattr(PictureFeed, "is_supported", staticmethod(lambda: False))
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["error"]) == (501, "Not supported here")
    assert "python3-av" in answer.get_json()["message"]


def test_it_streams_parts_with_their_length(client, services, stream_reader):
    for unit in access_units(1):
        stream_reader.news.put(unit)
    with client.get("/stream.mjpg") as answer:
        assert answer.content_type == "multipart/x-mixed-replace; boundary=petcam-picture"
        head, _, jpeg = next(iter(answer.response)).partition(b"\r\n\r\n")
        assert head.startswith(b"--petcam-picture\r\nContent-Type: image/jpeg\r\nContent-Length: ")
        assert int(head.rpartition(b" ")[2]) == len(jpeg) - 2


def test_it_decodes_once_for_all_and_only_while_somebody_looks(services, stream_reader):
    feed = services.pictures
    assert not decoders() and stream_reader.opened == 0
    leaves = [feed.look() for _ in range(10)]
    for unit in access_units(1):
        stream_reader.news.put(unit)
    seen, _ = feed.newest.wait(0, 5)
    assert len(decoders()) == 1
    for leave in leaves:
        leave()
    assert join_decoder()
    assert stream_reader.opened == stream_reader.closed == 1
    leave = feed.look()
    for unit in access_units(1):
        stream_reader.news.put(unit)
    assert feed.newest.wait(seen, 5), "the next viewer gets a decoder again"
    leave()
    assert join_decoder()


def test_it_is_back_at_the_next_keyframe_after_broken_access_units(services, stream_reader):
    leave = services.pictures.look()
    good = list(access_units(2, width=160, height=120))
    broken = [SimpleNamespace(**{**vars(good[0]), "data": good[0].data[:cut]}) for cut in (0, 1, 5, 20)]
    flipped = SimpleNamespace(**{**vars(good[0]), "data": bytes(b ^ 0x55 for b in good[0].data)})
    for unit in (*broken, flipped, *access_units(2)):
        stream_reader.news.put(unit)
    assert services.pictures.newest.wait(0, 5)
    leave()
    assert join_decoder()
    assert stream_reader.opened == 1
