"""Access units of what RTP brings in pieces, and when they are known to be whole."""

from types import SimpleNamespace

import pytest

from petcam.feed.transcoding.live_unit import live_units
from petcam.feed.transcoding.picture_ends import FIRST_NEEDED, MORE_NEEDED, PictureEnds
from petcam.h264 import annexb

LARGEST = 100  # bytes of a piece
SPS, PPS = b"\x67sps", b"\x68pps"


class Piece(bytes):
    """As FFmpeg gives what was in an RTP packet. The time base is a second."""

    pts: int
    time_base = 1
    size = property(len)


def pieces_of(nals, pts, largest=LARGEST):
    data = [annexb.START_CODE + nal for nal in nals]
    found = [Piece(whole[at : at + largest]) for whole in data for at in range(0, len(whole), largest)]
    for piece in found:
        piece.pts = pts
    return found


def stream(pieces, codec="h264"):
    container = SimpleNamespace(demux=lambda _stream: iter(pieces), format=SimpleNamespace(name="rtsp"))
    return SimpleNamespace(container=container, codec_context=SimpleNamespace(name=codec))


def slices(size, count=1, kind=b"\x41"):
    """Of a picture of H.264; the first has first_mb_in_slice 0."""
    return [kind + (b"\x88" if number == 0 else b"\x42") + b"x" * size for number in range(count)]


def hevc(size):
    return [b"\x02\x01\x80" + b"x" * size, b"\x02\x01\x00" + b"x" * size]


@pytest.mark.parametrize(
    ("codec", "pictures"),
    [
        ("h264", [[SPS, PPS, *slices(250, kind=b"\x65")], slices(30), slices(250), slices(97), slices(20, 3)]),
        ("hevc", [*[[b"\x40\x01vps", b"\x42\x01sps", *hevc(250)], hevc(20)] * 2, hevc(97)]),
    ],
)
@pytest.mark.parametrize("stamps", [lambda number: number, lambda number: 0], ids=["stamped", "stamps stand still"])
def test_pieces_become_the_pictures_that_they_were(codec, pictures, stamps):
    pieces = [piece for number, nals in enumerate(pictures) for piece in pieces_of(nals, stamps(number))]
    found = list(live_units(stream(pieces, codec), in_pieces=True))
    assert [unit.data for unit in found] == [annexb.join(nals) for nals in pictures]
    assert [unit.media_ns for unit in found] == [stamps(number) * 10**9 for number in range(len(pictures))]


def test_a_picture_has_the_stamp_of_its_slices_where_its_parameter_sets_have_another():
    pieces = [*pieces_of(slices(30), 1), *pieces_of([SPS, PPS], 1), *pieces_of(slices(30, kind=b"\x65"), 2)]
    assert [unit.media_ns for unit in live_units(stream(pieces), in_pieces=True)] == [10**9, 2 * 10**9]


def test_what_is_left_of_a_picture_that_was_lost_is_no_part_of_the_one_before():
    first, second = slices(30, 2)
    pieces = [*pieces_of([first], 1), *pieces_of([second], 2)]
    assert len(list(live_units(stream(pieces), in_pieces=True))) == 2


def test_other_codecs_are_put_together_by_their_stamps():
    pieces = [*pieces_of([b"a" * 250], 1), *pieces_of([b"b" * 30], 2)]
    found = [unit.data for unit in live_units(stream(pieces, "mpeg4"), in_pieces=True)]
    assert found == [annexb.START_CODE + b"a" * 250, annexb.START_CODE + b"b" * 30]


def at_once(pictures, lost=()):
    """Of each picture whether it came before the next began; of those in ``lost`` the first piece does not come."""
    arrived, found = [], {}

    def packets():
        for number, nals in enumerate(pictures):
            for piece in pieces_of(nals, number)[number in lost :]:
                arrived.append(number)
                yield piece

    for unit in live_units(stream(packets()), in_pieces=True):
        found[unit.media_ns // 10**9] = arrived[-1] == unit.media_ns // 10**9
    return found


def test_a_beginning_that_is_lost_is_no_mistake_about_the_picture_before():
    pictures = [slices(250), *[slices(130)] * (FIRST_NEEDED + 10)]
    found = at_once(pictures, lost={FIRST_NEEDED + 4})
    assert found[FIRST_NEEDED + 3] and FIRST_NEEDED + 4 not in found
    assert found[FIRST_NEEDED + 6]


def waits(pictures, ends=None):
    """Of each picture whether it had to wait for the next."""
    ends, found = ends or PictureEnds(annexb.H264), []
    for nals in pictures:
        at = [ends.is_at(piece) for piece in pieces_of(nals, 0)]
        assert not any(at[:-1])
        found.append(not at[-1])
        if found[-1]:
            ends.ended()
    return found


@pytest.mark.parametrize("count", [1, 4])
def test_pictures_wait_no_longer_once_their_ends_are_known(count):
    first = [SPS, PPS, *slices(250, count, kind=b"\x65")]
    found = waits([first, *[slices(size, count) for size in range(20, 90)]])
    assert found == [True] * (FIRST_NEEDED + 2) + [False] * (len(found) - FIRST_NEEDED - 2)


def test_a_picture_of_whole_pieces_waits_as_more_may_come():
    known = [slices(250), *[slices(30)] * (FIRST_NEEDED + 5)]
    whole = [b"\x41\x88" + b"x" * (LARGEST - 6)]
    assert waits([*known, whole, slices(30)])[-2:] == [True, False]


def test_nothing_is_taken_for_whole_where_pieces_are_of_any_size():
    ends = PictureEnds(annexb.H264)
    for _ in range(100):
        assert not any(ends.is_at(annexb.START_CODE + b"\x41\x88" + b"x" * size) for size in (90,))
        assert not any(ends.is_at(b"x" * size) for size in (90, 50, 70))
        ends.ended()


def test_after_a_mistake_it_takes_longer_to_be_sure_again():
    ends = PictureEnds(annexb.H264)
    waits([slices(250), *[slices(30)] * (FIRST_NEEDED + 5)], ends)
    ends.was_wrong()
    assert waits([slices(30)] * 100, ends).count(True) == FIRST_NEEDED * MORE_NEEDED
