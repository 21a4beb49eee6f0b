"""Boots and wall time: docs/events-db.md, Time."""

import time
from zoneinfo import ZoneInfo

import pytest

from petcam.events.clock import Boot, Known, Trust, corrected, day_of, day_span, is_same_boot, read_clock, resolve
from tests.unit.events.stand_ins import NOON, SECOND, ns, reading

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
HOUR = 3600


def boot(number, begin=10.0, end=1000.0, wall=NOON, known=Known.SYNCHRONISED):
    return Boot(number, f"boot {number}", 0, ns(wall), int(known), ns(begin), ns(end), 0, number, number)


def offsets(*boots):
    """In seconds after noon, and how far they can be relied on."""
    return [(offset.ns / SECOND - NOON, offset.trust) for _, offset in sorted(resolve(boots).items())]


# What a boot's own clock says


def test_a_clock_that_is_set_after_the_visit_corrects_it():
    never_set = boot(1, wall=-10, known=Known.NEVER_SET)  # 1970
    assert corrected(never_set, reading(500)).offset_ns == ns(NOON)
    assert corrected(never_set, reading(500)).known == Known.SYNCHRONISED


def test_a_synchronised_clock_that_is_set_back_or_on_takes_the_boot_with_it():
    for change in (-HOUR, HOUR, -1, 1):
        assert corrected(boot(1), reading(500, NOON + change)).offset_ns == ns(NOON + change)


def test_a_clock_that_somebody_sets_by_hand_changes_nothing_that_a_time_server_said():
    known = boot(1)
    assert corrected(known, reading(500, NOON - 5 * HOUR, synchronised=False)) is known


def test_a_clock_that_nobody_confirmed_is_followed_until_one_has():
    claimed = corrected(boot(1, wall=0, known=Known.NEVER_SET), reading(500, NOON - HOUR, synchronised=False))
    assert (claimed.known, claimed.offset_ns) == (Known.UNCONFIRMED, ns(NOON - HOUR))
    again = corrected(claimed, reading(600, NOON, synchronised=False))
    assert again.offset_ns == ns(NOON)
    assert corrected(again, reading(700, NOON + 7)).offset_ns == ns(NOON + 7)


def test_a_clock_of_before_2020_says_nothing():
    assert (
        corrected(boot(1, wall=0, known=Known.NEVER_SET), reading(500, 0, synchronised=False)).known == Known.NEVER_SET
    )
    known = boot(1, known=Known.UNCONFIRMED)
    assert corrected(known, reading(500, 0, synchronised=False)) is known


def test_what_is_less_than_a_tenth_of_a_second_is_no_change():
    known = boot(1)
    assert corrected(known, reading(500, NOON + 0.09)) is known
    assert corrected(known, reading(500, NOON + 0.11)) is not known


def test_a_machine_that_was_suspended_counts_as_another_boot():
    known = boot(1)
    assert is_same_boot(known, "boot 1", reading(500, slept=0.9))
    assert not is_same_boot(known, "boot 1", reading(500, slept=1.1))
    assert not is_same_boot(known, "boot 2", reading(500))


def test_this_machines_clocks_can_be_read():
    before, found, after = time.monotonic_ns(), read_clock(), time.monotonic_ns()
    assert before <= found.monotonic_ns <= after
    assert abs(found.wall_ns - time.time_ns()) < 10 * SECOND
    assert found.slept_ns >= 0


# Several boots


def test_synchronised_boots_are_as_their_clocks_said():
    assert offsets(boot(1), boot(2, wall=NOON + HOUR)) == [(0, Trust.SURE), (HOUR, Trust.SURE)]


def test_a_boot_that_never_learned_the_time_begins_where_the_one_before_ended():
    lost = boot(2, begin=5, end=105, wall=0, known=Known.NEVER_SET)
    assert offsets(boot(1, end=1000), lost)[1] == (995, Trust.GUESSED)
    assert offsets(boot(1, end=1000), lost, boot(3, wall=NOON + HOUR))[1] == (995, Trust.GUESSED)


def test_several_such_boots_follow_each_other():
    lost = [boot(number, begin=0, end=100, wall=0, known=Known.NEVER_SET) for number in (2, 3)]
    assert [offset for offset, _ in offsets(boot(1, end=1000), *lost)] == [0, 1000, 1100]


def test_boots_before_the_first_that_learned_the_time_end_where_that_begins():
    lost = [boot(number, begin=0, end=100, wall=0, known=Known.NEVER_SET) for number in (1, 2)]
    assert [offset for offset, _ in offsets(*lost, boot(3, begin=10))] == [-190, -90, 0]


def test_where_no_boot_ever_learned_it_the_clock_is_all_there_is():
    found = offsets(boot(1, wall=0, known=Known.NEVER_SET), boot(2, wall=7, known=Known.NEVER_SET))
    assert found == [(-NOON, Trust.GUESSED), (7 - NOON, Trust.GUESSED)]


def test_a_clock_without_a_time_server_is_likely_where_it_fits():
    assert offsets(boot(1), boot(2, wall=NOON + HOUR, known=Known.UNCONFIRMED))[1] == (HOUR, Trust.LIKELY)


def test_a_clock_that_stood_while_the_power_was_out_is_not_believed():
    stood = boot(2, begin=10, end=100, wall=NOON + 500, known=Known.UNCONFIRMED)  # before the end of the boot in front
    assert offsets(boot(1, end=1000), stood)[1] == (990, Trust.GUESSED)


def test_a_clock_that_was_ahead_is_not_believed_once_the_time_is_known():
    ahead = boot(2, begin=10, end=100, wall=NOON + 1000 * HOUR, known=Known.UNCONFIRMED)
    assert offsets(boot(1), ahead)[1] == (1000 * HOUR, Trust.LIKELY)
    assert offsets(boot(1, end=1000), ahead, boot(3, wall=NOON + HOUR))[1] == (990, Trust.GUESSED)


# Days


def test_the_night_in_which_summer_time_ends_has_25_hours():
    begin, end = day_span("2026-10-25", BERLIN)
    assert end - begin == 25 * HOUR
    for hours, day in ((0, "2026-10-25"), (2.5, "2026-10-25"), (3.5, "2026-10-25"), (24.9, "2026-10-25")):
        assert day_of(begin + hours * HOUR, BERLIN) == day
    assert (day_of(begin - 1, BERLIN), day_of(end, BERLIN)) == ("2026-10-24", "2026-10-26")


def test_the_night_in_which_summer_time_begins_has_23_hours():
    begin, end = day_span("2026-03-29", BERLIN)
    assert end - begin == 23 * HOUR
    assert day_of(end - 1, BERLIN) == "2026-03-29"
    assert (day_of(begin - 1, BERLIN), day_of(end, BERLIN)) == ("2026-03-28", "2026-03-30")


def test_days_in_japan_have_24_hours():
    for day in ("2026-03-29", "2026-10-25", "2026-12-31"):
        begin, end = day_span(day, TOKYO)
        assert end - begin == 24 * HOUR
        assert day_of(begin, TOKYO) == day_of(end - 1, TOKYO) == day


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Midway", "Pacific/Kiritimati"])
def test_the_first_hours_of_1970_are_of_a_day_in_every_zone(zone):
    for moment in (0, 60, HOUR):
        begin, end = day_span(day_of(moment, ZoneInfo(zone)), ZoneInfo(zone))
        assert begin <= moment < end


@pytest.mark.parametrize("zone", [BERLIN, TOKYO], ids=str)
def test_days_follow_each_other_without_a_gap(zone):
    begin, _ = day_span("2026-01-01", zone)
    for _ in range(365):
        day = day_of(begin, zone)
        first, begin = day_span(day, zone)
        assert day_of(first, zone) == day_of(begin - 0.001, zone) == day
    assert day_of(begin, zone) == "2027-01-01"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo"])
def test_without_a_zone_days_are_the_boards_own(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for day in ("2026-03-29", "2026-10-25", "2026-07-01"):
            assert day_span(day) == day_span(day, ZoneInfo(zone))
            assert day_of(day_span(day)[0]) == day
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-1-1", "20260101", "", "today", "1899-12-31", "9999-12-31", "2026-W01-1"]
)
def test_what_is_no_day_is_refused(day):
    with pytest.raises(ValueError):
        day_span(day)
