"""Pictures stay within a budget of bytes: too large ones are refused before they are decoded, held ones are counted."""

import threading
import time
from types import SimpleNamespace

import pytest

from petcam.errors import Code, PetcamError
from petcam.media.budget import PictureBudget
from petcam.web.pictures.held import HeldPictures
from petcam.web.pictures.picture import PictureOptions
from petcam.web.pictures.sent import NEWEST_BYTES, SentPictures
from petcam.web.pictures.source import CameraPicture
from tests.h264_bits import sps_of
from tests.unit.web.fakes import FakeConnection
from tests.unit.web.test_mjpeg import access_units, publish_film, result, subscribe  # noqa: F401  (two are fixtures)

av = pytest.importorskip("av")

from petcam.media import decoder, jpeg  # noqa: E402  (they need PyAV)
from petcam.media.decoder import MAX_DECODER_BYTES, Decoder  # noqa: E402

MS = 1_000_000
START_CODE = b"\0\0\0\1"


def unit(data, keyframe=True):
    return SimpleNamespace(data=data, keyframe=keyframe, discontinuity=False, capture_ns=time.monotonic_ns())


def claiming(width, height, references=1):
    """A keyframe that claims to be of that size."""
    return unit(START_CODE + sps_of(width, height, references) + START_CODE + b"\x65\x88")


@pytest.fixture
def opened(monkeypatch):
    """The decoders that were opened, by name."""
    names, real = [], decoder.open_decoder

    def counting(name, max_pixels):
        names.append(name)
        return real(name, max_pixels)

    monkeypatch.setattr(decoder, "open_decoder", counting)
    return names


@pytest.fixture
def budget():
    return PictureBudget()


# --- The budget ---


def test_no_more_is_given_than_there_is():
    budget = PictureBudget(100)
    first = budget.take(60)
    assert budget.take(41) is None and budget.take(40, leave=1) is None
    second = budget.take(40)
    assert budget.taken == 100
    first.release()
    first.release()
    assert budget.taken == 40
    with second:
        pass
    assert budget.taken == 0


def test_who_waited_first_is_served_first():
    budget = PictureBudget(100)
    everything, order, waiting = budget.take(100), [], threading.Event()

    def wait_for_all(name):
        with budget.wait(100, 20):
            order.append(name)

    threads = [threading.Thread(target=wait_for_all, args=(name,)) for name in (1, 2)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(budget._waiting) < number:
            waiting.wait(0.01)  # there is no event for a thread that begins to wait
    everything.release()
    for thread in threads:
        thread.join(20)
    assert (order, budget.taken) == ([1, 2], 0)


def test_a_wait_that_is_in_vain_is_answered_as_busy():
    budget = PictureBudget(100)
    with budget.take(60), pytest.raises(PetcamError) as raised:
        budget.wait(41, 0.01)
    assert raised.value.code is Code.BUSY and budget.taken == 0
    with budget.wait(100, 0):
        assert budget.taken == 100


# --- The decoder ---


@pytest.mark.parametrize("size", [(8192, 4320), (16384, 16384), (65536, 65536), (1 << 20, 16), (3840, 2160, 4)])
def test_too_large_a_picture_is_refused_before_a_decoder_is_opened(budget, opened, size):
    with Decoder(budget) as made, pytest.raises(PetcamError) as raised:
        made.feed(claiming(*size))
    assert raised.value.code is Code.UNSUPPORTED and f"{size[0]}x{size[1]} pixels" in raised.value.message
    assert (opened, budget.taken) == ([], 0)


@pytest.mark.parametrize("size", [(1920, 1088, 4), (2560, 1440, 4), (3840, 2160, 1), (1280, 720, 16)])
def test_what_a_picture_may_take_is_reserved_while_it_is_decoded(budget, opened, size):
    with Decoder(budget) as made:
        assert made.feed(claiming(*size)) is None  # there is no picture behind the SPS
        assert opened == ["h264"] and size[0] * size[1] * 1.5 < budget.taken <= MAX_DECODER_BYTES
    assert budget.taken == 0


def test_a_stream_that_turns_large_is_refused_at_that_moment(budget, opened):
    with Decoder(budget) as made:
        good = next(access_units(1))
        assert made.feed(good) is not None
        for keyframe in (True, False):  # also where the SPS comes before a picture that is no keyframe
            with pytest.raises(PetcamError):
                made.feed(unit(START_CODE + sps_of(8192, 4320) + good.data, keyframe))
            assert (opened, budget.taken) == (["h264"], 0)
        assert made.feed(good) is not None, "it can be small again"


def test_a_second_parameter_set_beside_the_first_is_looked_at_too(budget, opened):
    good = next(access_units(1))
    with Decoder(budget) as made, pytest.raises(PetcamError):
        made.feed(unit(good.data + START_CODE + sps_of(8192, 4320)))
    assert opened == []


@pytest.mark.parametrize(
    "data",
    [
        START_CODE + sps_of(64, 48, 17) + START_CODE + b"\x65\x88",  # more reference frames than there can be
        START_CODE + b"\x67\x42",
        (START_CODE + b"\x67\x42\x00\x33") * 40,
        START_CODE + b"\x67\x42\x00\x33" + bytes(100_000),
    ],
)
def test_a_parameter_set_that_makes_no_sense_is_skipped_as_damaged(budget, opened, data):
    with Decoder(budget) as made:
        assert made.feed(unit(data)) is None
        assert (opened, budget.taken) == ([], 0)
        assert made.feed(next(access_units(1))) is not None


def test_a_profile_whose_parameter_set_ffmpeg_may_read_in_another_way_is_refused(budget, opened):
    changed = bytearray(sps_of(64, 48))
    changed[1] = 144
    with Decoder(budget) as made, pytest.raises(PetcamError):
        made.feed(unit(START_CODE + bytes(changed)))
    assert opened == []


def test_ffmpeg_refuses_larger_pictures_itself_too(budget):
    """The second line, should it read a size in another way than petcam does."""
    packet = av.Packet(next(access_units(1, width=320, height=240)).data)
    assert decoder.open_decoder("h264", decoder.max_pixels_for(320, 240)).decode(packet)
    with pytest.raises(av.error.FFmpegError):
        decoder.open_decoder("h264", decoder.max_pixels_for(256, 240)).decode(packet)
    picture = jpeg.Encoder().encode(av.VideoFrame(64, 48, "yuvj420p"))
    assert jpeg.jpeg_frame(picture, 64, 48).width == 64
    with pytest.raises(av.error.FFmpegError):
        jpeg.jpeg_frame(picture, 64, 47)


def test_a_decoder_that_keeps_pictures_back_is_given_up(budget, opened):
    """Those of a stream with B-frames would take more memory than was reserved."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 64, 48, "yuv420p", 30
    encoder.options = {"x264-params": "bframes=8:b-adapt=0:b-pyramid=normal:keyint=60:scenecut=0"}
    packets = []
    for number in range(40):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([number * 5]) * plane.buffer_size)
        frame.pts = number
        packets += encoder.encode(frame)
    with Decoder(budget) as made:
        for packet in packets:
            made.feed(unit(bytes(packet), packet.is_keyframe))
            assert made._withheld <= decoder.MAX_WITHHELD or made._context is None


# --- What is held, encoded and sent ---


def frame_of(width=64, height=48):
    return CameraPicture(time.monotonic_ns(), lambda: av.VideoFrame(width, height, "yuv420p"))


def test_held_pictures_stay_within_the_budget_and_the_oldest_are_shown(budget):
    budget = PictureBudget(NEWEST_BYTES + 3 * 64 * 48 * 3 // 2)
    held, shown = HeldPictures(budget), []
    alive = [result(time.monotonic_ns() - 100 * MS, boxes=0)]
    for number in range(10):
        held.add(frame_of(), 0)
        shown += [len(ready.before) for ready in held.ready(alive, time.monotonic_ns())]
        assert budget.taken <= budget.max_bytes - NEWEST_BYTES and len(held) == min(number + 1, 3)
    assert len(shown) == 7
    held.clear()
    assert budget.taken == 0


def test_a_picture_for_which_there_is_no_room_does_not_wait_at_all():
    held = HeldPictures(PictureBudget(NEWEST_BYTES))
    held.add(frame_of(), 0)
    assert len(list(held.ready([result(time.monotonic_ns(), boxes=0)], time.monotonic_ns()))) == 1
    assert not held


def test_eight_views_with_boxes_hold_one_frame_of_each_picture(
    services,
    publish_film,  # noqa: F811
    subscribe,  # noqa: F811
    picture_results,
    monkeypatch,
):
    added = []
    real = HeldPictures.add
    monkeypatch.setattr(HeldPictures, "add", lambda held, *args: added.append(args[1]) or real(held, *args))
    views = [subscribe(PictureOptions(100 + 2 * number, boxes=True)) for number in range(8)]
    picture_results.items.put(result(time.monotonic_ns() - 100 * MS, boxes=0))
    publish_film(1)
    assert all(view.wait(0, 5) for view in views)
    assert added == [114], "in the width of the widest"
    for end in subscribe.ends:
        end()


def test_a_small_picture_takes_its_room_and_gives_it_back(client, services, publish_film):  # noqa: F811
    publish_film(1)
    assert client.get("/snapshot.jpg").status_code == 200
    for thread in [thread for thread in threading.enumerate() if thread.name == "pictures"]:
        thread.join(5)
    assert services.pictures._renditions == {}
    on_its_way = SentPictures(services.picture_budget)
    assert on_its_way.begin(FakeConnection(), 1)
    assert services.picture_budget.taken < 10_000, "only what the client may not have read yet"


def test_encoders_of_many_sizes_are_not_all_kept():
    encoder = jpeg.Encoder()
    for number in range(6):
        encoder.encode(av.VideoFrame(1920 - 2 * number, 1080, "yuvj420p"))
        kept = sum(width * height for width, height in encoder._contexts)
        assert kept * jpeg.ENCODER_BYTES_PER_PIXEL <= jpeg.MAX_ENCODER_BYTES
    encoder.encode(av.VideoFrame(2560, 1440, "yuvj420p"))
    assert list(encoder._contexts) == [(2560, 1440)]


@pytest.mark.parametrize(
    ("size", "wanted", "made"),
    [
        ((1920, 1080), 0, (1920, 1080)),
        ((1920, 1080), 3000, (1920, 1080)),
        ((640, 480), 320, (320, 240)),
        ((3840, 2160), 0, (2560, 1440)),
        ((3840, 2160), 3840, (2560, 1440)),
        ((16, 65536), 0, (16, 65536)),
    ],
)
def test_a_jpeg_is_never_larger_than_the_encoders_may_take(size, wanted, made):
    assert jpeg.scaled_size(*size, wanted) == made
    assert made[0] * made[1] <= jpeg.MAX_OUTPUT_PIXELS


def test_pictures_for_clients_that_do_not_read_are_counted_until_they_have_left():
    budget, connections = PictureBudget(NEWEST_BYTES + 100), [FakeConnection() for _ in range(3)]
    sent = SentPictures(budget)
    first, second = sent.begin(connections[0], 50), sent.begin(connections[1], 50)
    assert sent.begin(connections[2], 1) is None
    connections[0].unread_bytes = 1
    first.written()
    assert sent.begin(connections[2], 1) is None, "the one has not left, the other has not begun to"
    connections[0].unread_bytes = 0
    assert sent.begin(connections[2], 50) is not None
    connections[1].has_left = True
    assert sent.begin(connections[2], 50) is not None
    second.written()
    assert budget.taken == 100


def test_a_snapshot_is_answered_as_busy_while_others_do_not_read_theirs(client, services, publish_film):  # noqa: F811
    real = SentPictures.begin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SentPictures, "begin", lambda sent, connection, size: real(sent, connection, 80 * 2**20))
        publish_film(1)
        answer = client.get("/snapshot.jpg")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Too many clients")


# --- What people get to know ---


@pytest.mark.parametrize("path", ["/snapshot.jpg", "/stream.mjpg", "/snapshot.jpg?boxes=1&width=320"])
def test_a_camera_whose_pictures_are_too_large_is_answered_with_501(client, services, stream_reader, opened, path):
    stream_reader.items.put(claiming(8192, 4320))
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["error"]) == (501, "Not supported here")
    assert answer.get_json()["message"].startswith("unsupported picture size: 8192x4320 pixels with 1 reference frame")
    assert opened == [] and services.stream_slots.taken() == 0 and services.pictures._rates == {}


def test_an_open_stream_ends_where_the_cameras_pictures_turn_too_large(client, stream_reader, publish_film):  # noqa: F811
    publish_film(1)
    with client.get("/stream.mjpg") as answer:
        parts = iter(answer.response)
        next(parts)
        stream_reader.items.put(claiming(8192, 4320))
        assert list(parts) == []
