"""Which pictures are decoded, and when: by real H.264."""

import pytest

pytest.importorskip("av")

from petcam.detect.sight import Sight  # noqa: E402
from petcam.media.budget import PictureBudget  # noqa: E402
from petcam.media.decoder import Decoder  # noqa: E402
from tests.unit.detect.encoded import encoded, shades  # noqa: E402

INTERVAL_NS = 200_000_000


class Counting(Decoder):
    """Counts what it is fed."""

    fed = 0

    def feed(self, unit):
        self.fed += 1
        return super().feed(unit)


@pytest.fixture
def decoder():
    with Counting(PictureBudget()) as made:
        yield made


def seen(sight: Sight, units, busy: bool) -> list[tuple[int, int]]:
    """The number of each picture that was given, and of the one by its shade."""
    found = []
    for unit in units:
        sight.add(unit)
        given = sight.next(INTERVAL_NS, busy)
        if given is not None:
            shown, frame = given
            assert frame.capture_ns == shown.capture_ns
            shade = (float(frame.thumbnail().mean()) - 40) / 4
            found.append((shown.frame_number, round(shade)))
    return found


def test_while_nothing_moves_only_keyframes_are_decoded_and_one_each_second(decoder) -> None:
    units = encoded(shades(40), gop=10)
    assert seen(Sight(decoder, 1.0), units, busy=False) == [(number, number) for number in (0, 10, 20, 30)]
    assert decoder.fed == 4


def test_while_something_moves_the_newest_picture_is_given_at_the_pace_that_is_wanted(decoder) -> None:
    units = encoded(shades(40), gop=10)
    found = seen(Sight(decoder, 1.0), units, busy=True)
    assert found == [(number, number) for number in range(0, 40, 2)]


def test_from_rest_it_goes_on_at_once_though_the_keyframe_is_of_a_while_ago(decoder) -> None:
    units = encoded(shades(40), gop=20)
    sight = Sight(decoder, 1.0)
    assert seen(sight, units[:8], busy=False) == [(0, 0)]
    assert seen(sight, units[8:10], busy=True) == [(8, 8)]


def test_where_keyframes_are_rare_others_are_decoded_while_nothing_moves(decoder) -> None:
    units = encoded(shades(50), gop=50)
    found = seen(Sight(decoder, 1.0), units, busy=False)
    assert [shown for shown, _ in found] == [0, 12, 24, 36, 48]
    assert all(shown == shade for shown, shade in found)


def test_where_decoding_all_would_take_too_much_keyframes_have_to_do(decoder) -> None:
    used = iter(range(10_000))  # each look at the clock finds a second more of work
    sight = Sight(decoder, 0.5, lambda: float(next(used)))
    units = encoded(shades(50), gop=10)
    seen(sight, units[:8], busy=True)
    fed = decoder.fed
    assert seen(sight, units[8:], busy=True) == [(number, number) for number in (10, 20, 30, 40)]
    assert decoder.fed == fed + 4


def test_after_a_gap_nothing_is_given_before_a_keyframe(decoder) -> None:
    units = encoded(shades(30), gop=10)
    sight = Sight(decoder, 1.0)
    seen(sight, units[:4], busy=True)
    lost = [units[6]._replace(discontinuity=True), *units[7:]]
    assert seen(sight, lost, busy=True)[0] == (10, 10)


def test_damaged_pictures_are_passed_over(decoder) -> None:
    units = encoded(shades(30), gop=10)
    units[2] = units[2]._replace(data=b"\0\0\1\x65" + bytes(range(200)))
    found = seen(Sight(decoder, 1.0), units, busy=True)
    assert (10, 10) in found and (28, 28) in found


def test_a_writer_whose_clock_is_behind_that_of_the_one_before_is_watched_at_once(decoder) -> None:
    units = encoded(shades(20), gop=10)
    sight = Sight(decoder, 1.0)
    later = [unit._replace(capture_ns=unit.capture_ns + 3_600_000_000_000) for unit in units]
    seen(sight, later, busy=True)
    assert seen(sight, units, busy=True)[0] == (0, 0)
