"""MJPEG and snapshots."""

import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from petcam.errors import PetcamError
from petcam.media.budget import PictureBudget
from petcam.streamer_client import Answer
from petcam.web.pictures import feed as picture_feed
from petcam.web.pictures import mjpeg, picture
from petcam.web.pictures.feed import MAX_RENDITIONS
from petcam.web.pictures.latest import Latest
from petcam.web.pictures.picture import FrameRateLimiter, Picture, PictureOptions
from petcam.web.pictures.sent import SentPictures
from petcam.web.pictures.source import CameraPicture
from tests.unit.web import fakes

av = pytest.importorskip("av")

MS = 1_000_000


def h264(pictures, width=320, height=240, grey=128, sar="1/1"):
    """``pictures`` grey pictures with pixels of the shape ``sar``, encoded."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = 30
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": f"keyint=10:scenecut=0:sar={sar}"}
    for number in range(pictures):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([grey]) * plane.buffer_size)
        frame.pts = number
        yield from encoder.encode(frame)


def access_units(pictures=3, spacing_ns=100 * MS, **options):
    for number, packet in enumerate(h264(pictures, **options)):
        yield SimpleNamespace(
            data=bytes(packet),
            keyframe=packet.is_keyframe,
            discontinuity=False,
            capture_ns=time.monotonic_ns() + number * spacing_ns,
        )


def decode(jpeg):
    """The JPEG's pixels, RGB."""
    frame = av.CodecContext.create("mjpeg", "r").decode(av.Packet(jpeg))[0]
    return frame.to_ndarray(format="rgb24")


@pytest.fixture
def short_wait(monkeypatch):
    monkeypatch.setattr(mjpeg, "MAX_SNAPSHOT_WAIT_SECONDS", 0.05)


@pytest.fixture
def publish_film(stream_reader):
    def put(*args, **options):
        units = list(access_units(*args, **options))
        for unit in units:
            stream_reader.items.put(unit)
        return units

    return put


@pytest.fixture
def subscribe(services):
    """Subscribes to the pictures; each subscription is ended at the end of the test."""
    ends = []

    def begin(view=PictureOptions(), fps=30.0):  # noqa: B008
        latest, end = services.pictures.subscribe(view, fps)
        ends.append(end)
        return latest

    begin.ends = ends
    yield begin
    for end in ends:
        end()
    assert join_decoder()


def decoders():
    return [thread for thread in threading.enumerate() if thread.name == "pictures"]


def join_decoder():
    for thread in decoders():
        thread.join(5)
    return decoders() == []


def test_a_snapshot_is_the_latest_picture_with_its_age(client, services, publish_film):
    publish_film()
    answer = client.get("/snapshot.jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.data.startswith(b"\xff\xd8") and answer.data.endswith(b"\xff\xd9")
    assert -1 < float(answer.headers["X-Picture-Age"]) < 5
    assert services.stream_slots.taken() == 0


def test_a_snapshot_that_the_client_has_is_answered_with_304(client, stream_reader, publish_film):
    unit = publish_film(1)[0]
    etag = client.get("/snapshot.jpg").headers["ETag"]
    assert join_decoder()
    stream_reader.items.put(unit)
    again = client.get("/snapshot.jpg", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert join_decoder()
    publish_film(1)
    other = client.get("/snapshot.jpg", headers={"If-None-Match": etag})
    assert other.status_code == 200 and other.headers["ETag"] != etag


def test_a_snapshot_of_a_silent_camera_is_answered_with_503(client, services, short_wait):
    answer = client.get("/snapshot.jpg")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Camera silent")
    assert services.stream_slots.taken() == 0


@pytest.mark.parametrize("path", ["/snapshot.jpg", "/stream.mjpg"])
def test_a_camera_without_keyframes_is_answered_at_once_with_503_and_words_of_its_own(
    client, services, stream_reader, path
):
    stream_reader.without_keyframe = 12.4
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json() == {
        "error": "No keyframe",
        "message": "no keyframe for 12 s: lower the camera's keyframe interval",
    }
    assert services.stream_slots.taken() == 0


def test_pictures_come_with_the_first_keyframe(stream_reader, publish_film, subscribe):
    stream_reader.without_keyframe = 2.5
    latest = subscribe()
    with pytest.raises(PetcamError, match="no keyframe"):
        latest.wait(0, 5)
    stream_reader.without_keyframe = 0
    publish_film(1)
    eventually(lambda: latest._error is None)
    assert latest.wait(0, 5)


def test_a_camera_that_fell_silent_is_no_longer_one_without_keyframes(client, stream_reader, subscribe, short_wait):
    stream_reader.without_keyframe = 2.5
    latest = subscribe()
    with pytest.raises(PetcamError, match="no keyframe"):
        latest.wait(0, 5)
    stream_reader.without_keyframe = 0
    eventually(lambda: latest._error is None)
    assert client.get("/snapshot.jpg").get_json()["error"] == "Camera silent"


def eventually(is_so):
    until = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)  # the thread tells nobody that it has looked


def test_it_shows_the_latest_picture_of_a_slow_camera(client, stream_reader, short_wait):
    stream_reader.silent_after = 10_000_000_000
    for unit in access_units(1):
        unit.capture_ns -= picture.MAX_LIVE_AGE_NS
        stream_reader.items.put(unit)
    assert client.get("/snapshot.jpg").status_code == 200


def test_it_shows_no_old_picture(client, stream_reader, short_wait):
    for unit in access_units(1):
        unit.capture_ns -= picture.MAX_LIVE_AGE_NS
        stream_reader.items.put(unit)
    assert client.get("/snapshot.jpg").status_code == 503


@pytest.mark.parametrize("path", ["/snapshot.jpg", "/stream.mjpg"])
def test_it_names_the_package_to_install_where_pyav_is_missing(client, services, monkeypatch, path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["error"]) == (501, "Not supported here")
    assert "python3-av" in answer.get_json()["message"]


@pytest.mark.parametrize(
    "query",
    [
        "width=15",
        "width=x",
        "width=nan",
        "width=5000",
        "width=64.5",
        "width=٦٤٠",
        "fps=0",
        "fps=31",
        "fps=inf",
        "fps=1e1",
        "fps=1_0",
    ],
)
def test_it_refuses_sizes_and_rates_out_of_range(client, services, query):
    answer = client.get(f"/stream.mjpg?{query}")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")
    assert services.stream_slots.taken() == 0 and not decoders()


def test_each_part_of_the_stream_says_its_length_and_capture_time(client, publish_film):
    unit = publish_film(1)[0]
    with client.get("/stream.mjpg") as answer:
        assert answer.content_type == "multipart/x-mixed-replace; boundary=petcam-picture"
        head, _, jpeg = next(iter(answer.response)).partition(b"\r\n\r\n")
        boundary, *lines = head.decode().split("\r\n")
        assert boundary == "--petcam-picture"
        assert dict(line.split(": ") for line in lines) == {
            "Content-Type": "image/jpeg",
            "Content-Length": str(len(jpeg) - 2),
            "X-Capture-Ns": str(unit.capture_ns),
            "X-Rtp-Timestamp": str(unit.capture_ns * 9 // 100_000 % 2**32),
        }


def test_a_script_that_wants_bytes_is_given_the_same_parts_as_bytes(client, publish_film):
    publish_film(1)
    with client.get("/stream.mjpg", headers={"Accept": "application/octet-stream"}) as answer:
        assert (answer.content_type, answer.headers["Vary"]) == ("application/octet-stream", "Accept")
        assert next(iter(answer.response)).startswith(b"--petcam-picture\r\n")


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*;q=0.8", "*/*", "multipart/x-mixed-replace"])
def test_pictures_and_programs_are_given_multipart(client, publish_film, accept):
    publish_film(1)
    with client.get("/stream.mjpg", headers={"Accept": accept}) as answer:
        assert answer.mimetype == "multipart/x-mixed-replace"


def test_whoever_reads_a_stream_is_counted_until_it_ends(client, streamer, publish_film):
    publish_film(1)
    streamer.answer = Answer(200, b"{}", "")
    with client.get("/stream.mjpg"), client.get("/stream.mjpg"):
        assert client.get("/api/go/health").get_json()["mjpeg_clients"] == 2
    assert client.get("/api/go/health").get_json()["mjpeg_clients"] == 0


def test_ten_viewers_share_one_decoder_and_one_encoder_for_each_width(
    services, stream_reader, publish_film, subscribe, monkeypatch
):
    from petcam.media import decoder, jpeg

    counts = {"decoded": 0, "encoded": 0}
    for cls, method, name in ((decoder.Decoder, "feed", "decoded"), (jpeg.Encoder, "encode", "encoded")):
        monkeypatch.setattr(cls, method, counting(getattr(cls, method), counts, name))
    assert not decoders() and stream_reader.opened == 0
    views = [PictureOptions()] * 5 + [PictureOptions(160)] * 5
    latest = [subscribe(view) for view in views]
    publish_film(1)
    sizes = [decode(feed.wait(0, 5)[1].jpeg).shape[:2] for feed in latest]
    assert sizes == [(240, 320)] * 5 + [(120, 160)] * 5
    assert (counts, len(decoders())) == ({"decoded": 1, "encoded": 2}, 1)
    for end in subscribe.ends:
        end()
    assert join_decoder()
    assert stream_reader.opened == stream_reader.closed == 1
    assert services.pictures._renditions == services.pictures._rates == {}
    again = subscribe()
    publish_film(1)
    assert again.wait(0, 5), "the next viewer gets a decoder again"


def test_memory_is_returned_once_the_last_viewer_has_left(publish_film, subscribe, monkeypatch):
    alive = weakref.WeakSet()

    class Watched(fakes.StreamSource):
        def __init__(self, reader, decoder):
            super().__init__(reader, decoder)
            alive.add(self)

    given_back = []
    monkeypatch.setattr(fakes, "StreamSource", Watched)
    monkeypatch.setattr(picture_feed, "trim_heap", lambda: given_back.append(len(alive)))
    first, second = subscribe(), subscribe()
    publish_film()
    assert first.wait(0, 5) and second.wait(0, 5) and len(alive) == 1
    subscribe.ends[0]()
    assert decoders() and not given_back
    subscribe.ends[1]()
    assert join_decoder()
    assert given_back == [0]


def counting(method, counts, name):
    def wrapper(*args):
        counts[name] += 1
        return method(*args)

    return wrapper


def test_a_picture_is_never_wider_than_the_cameras(publish_film, subscribe):
    latest = subscribe(PictureOptions(3000))
    publish_film(1)
    assert decode(latest.wait(0, 5)[1].jpeg).shape[:2] == (240, 320)


@pytest.mark.parametrize(
    ("sar", "view", "size"),
    [
        ("16/11", PictureOptions(), (288, 512)),
        ("16/11", PictureOptions(256), (144, 256)),
        ("16/11", PictureOptions(256, boxes=True), (144, 256)),
        ("16/11", PictureOptions(boxes=True), (288, 512)),
        ("1/2", PictureOptions(), (288, 176)),
        ("9/1", PictureOptions(), (288, 352)),  # a nonsense
    ],
)
def test_pixels_are_square(publish_film, subscribe, sar, view, size):
    latest = subscribe(view)
    publish_film(1, width=352, height=288, sar=sar)
    assert decode(latest.wait(0, 5)[1].jpeg).shape[:2] == size


def test_the_number_of_renditions_is_limited(client, services, subscribe):
    for width in range(MAX_RENDITIONS):
        subscribe(PictureOptions(100 + 2 * width))
    answer = client.get("/snapshot.jpg?width=900")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Too many clients")
    assert services.stream_slots.taken() == 0


@pytest.mark.parametrize(("fps", "expected"), [(30, 90), (25, 75), (12, 36), (10, 30), (1, 3)])
def test_the_limiter_takes_so_many_pictures_a_second(fps, expected):
    limiter, taken = FrameRateLimiter(fps), 0
    for number in range(90):  # 3 s of 30 a second
        capture_ns = 10**12 + number * 33_333_333
        if limiter.is_due(capture_ns):
            limiter.mark_taken(capture_ns)
            taken += 1
    assert abs(taken - expected) <= 3


def result(capture_ns, boxes=1):
    box = SimpleNamespace(class_name="cat", confidence=0.9, x=160.0, y=120.0, w=240.0, h=160.0)
    stamp = {"frame_number": 0, "capture_ns": capture_ns, "publish_ns": capture_ns + 40 * MS}
    return SimpleNamespace(**stamp, width=640, height=480, boxes=(box,) * boxes)


def has_box_drawn(jpeg):
    """Whether the box of ``result`` is drawn, in a picture 320 wide."""
    red, green, blue = decode(jpeg)[60:140, 80].astype(int).mean(0)
    return green > red + 40 and green > blue + 20


def test_a_picture_is_held_until_its_own_boxes_come(publish_film, subscribe, picture_results):
    latest = subscribe(PictureOptions(320, boxes=True))
    picture_results.items.put(result(time.monotonic_ns() - 100 * MS, boxes=0))  # so that the detector counts as alive
    unit = publish_film(1)[0]
    assert latest.wait(0, 0.1) is None
    picture_results.items.put(result(unit.capture_ns))
    seen, shown = latest.wait(0, 5)
    assert shown.capture_ns == unit.capture_ns and has_box_drawn(shown.jpeg)
    second = publish_film(1)[0]
    picture_results.items.put(result(second.capture_ns, boxes=0))
    assert not has_box_drawn(latest.wait(seen, 5)[1].jpeg)


def test_a_picture_without_a_result_is_shown_after_a_short_wait(publish_film, subscribe, picture_results):
    latest = subscribe(PictureOptions(320, boxes=True))
    publish_film(1)
    assert not has_box_drawn(latest.wait(0, 5)[1].jpeg)


def test_boxes_are_not_drawn_into_other_renditions(publish_film, subscribe, picture_results):
    plain, drawn = subscribe(PictureOptions(320)), subscribe(PictureOptions(320, boxes=True))
    unit = publish_film(1)[0]
    picture_results.items.put(result(unit.capture_ns))
    assert not has_box_drawn(plain.wait(0, 5)[1].jpeg)
    assert drawn.wait(0, 5)


def damaged_units(good):
    """``good``, a keyframe, damaged in different ways."""
    sps_end = good.data.index(b"\0\0\0\1", 4)
    yield from (good.data[:cut] for cut in (0, 1, 5, 20, len(good.data) // 2))
    yield bytes(byte ^ 0x55 for byte in good.data)
    yield good.data[sps_end:]  # without its SPS
    yield good.data[:40] + bytes(len(good.data) - 40)


def test_it_recovers_at_the_next_keyframe_after_damaged_access_units(stream_reader, publish_film, subscribe):
    latest = subscribe()
    good = next(access_units(1, width=160, height=120))
    for data in damaged_units(good):
        stream_reader.items.put(SimpleNamespace(**{**vars(good), "data": data}))
    publish_film(2, grey=200)
    seen = 0
    while seen is not None:
        update = latest.wait(seen, 5)
        assert update, "the picture is not back"
        seen = update[0] if decode(update[1].jpeg).shape[:2] != (240, 320) else None
    assert abs(int(decode(update[1].jpeg).mean()) - 200) < 60
    assert stream_reader.opened == 1


def test_a_jpeg_that_the_camera_made_is_sent_unchanged_without_pyav(services, client, monkeypatch):
    @contextmanager
    def source(budget):
        yield SimpleNamespace(
            read=lambda timeout: CameraPicture(time.monotonic_ns(), lambda: None, b"\xff\xd8 ready \xff\xd9")
        )

    monkeypatch.setattr(services.pictures, "_sources", SimpleNamespace(open=source, gives_jpeg=lambda: True))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert client.get("/snapshot.jpg").data == b"\xff\xd8 ready \xff\xd9"
    assert client.get("/snapshot.jpg?width=320").status_code == 501


def test_a_picture_knows_whether_it_is_fresh():
    shown = Picture(b"", time.monotonic_ns())
    assert shown.is_fresh() and not replace(shown, capture_ns=shown.capture_ns - picture.MAX_LIVE_AGE_NS).is_fresh()


def test_a_viewer_that_is_behind_gets_the_latest_picture_next(connection):
    latest = Latest()
    older, newer = (Picture(name, time.monotonic_ns()) for name in (b"older", b"newer"))

    def unsent():
        behind = latest.wait(0, 0)[1] is older
        if behind:
            latest.publish(newer)
        return int(behind)

    connection.unsent = unsent
    latest.publish(older)
    sent = SentPictures(PictureBudget())
    assert next(mjpeg._parts(latest, FrameRateLimiter(30), connection, sent, lambda: False)).endswith(b"newer\r\n")
