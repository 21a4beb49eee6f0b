"""Access units that wait to be decoded."""

from petcam.detect.backlog import MAX_BYTES, Backlog
from petcam.shm.stream import AccessUnit


def unit(number: int, keyframe: bool = False, size: int = 10, discontinuity: bool = False) -> AccessUnit:
    return AccessUnit(1, number, number, number * 33_000_000, 0, keyframe, discontinuity, 64, 64, bytes(size))


def numbers(backlog: Backlog) -> list[int]:
    return [each.frame_number for each in backlog.take(10_000)]


def test_nothing_is_kept_before_a_keyframe() -> None:
    backlog = Backlog()
    backlog.add(unit(1))
    assert len(backlog) == 0
    backlog.add(unit(2, keyframe=True))
    backlog.add(unit(3))
    assert numbers(backlog) == [2, 3]


def test_a_keyframe_replaces_all_before_it() -> None:
    backlog = Backlog()
    for number, keyframe in enumerate([True, False, False, True, False]):
        backlog.add(unit(number, keyframe))
    assert backlog.has_keyframe
    assert numbers(backlog) == [3, 4]


def test_after_some_were_taken_the_next_go_on() -> None:
    backlog = Backlog()
    backlog.add(unit(1, keyframe=True))
    assert [each.frame_number for each in backlog.take(1)] == [1]
    backlog.add(unit(2))
    assert not backlog.has_keyframe
    assert numbers(backlog) == [2]


def test_what_cannot_be_decoded_after_a_gap_is_dropped_up_to_the_next_keyframe() -> None:
    backlog = Backlog()
    backlog.add(unit(1, keyframe=True))
    backlog.add(unit(3, discontinuity=True))
    backlog.add(unit(4))
    assert len(backlog) == 0
    backlog.add(unit(5, keyframe=True, discontinuity=True))
    assert numbers(backlog) == [5]


def test_it_holds_no_more_bytes_than_it_may() -> None:
    backlog = Backlog()
    backlog.add(unit(0, keyframe=True, size=1000))
    for number in range(1, 40):
        backlog.add(unit(number, size=2**20))
        assert len(backlog) * 2**20 <= MAX_BYTES + 2**20
    backlog.add(unit(40, keyframe=True))
    assert numbers(backlog) == [40]
