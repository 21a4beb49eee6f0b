"""What waits is kept: over restarts, damage, a full disk, and not for ever."""

import errno
import json
import os

import pytest

from petcam.access import state_file
from petcam.settings import DEFAULTS
from petcam.telling import outbox as module
from petcam.telling.happening import Happening
from petcam.telling.outbox import KIND, LIFE_SECONDS, MAX_ENTRIES, OPEN_SECONDS, Outbox, State

NOON = 1795867200.0
A, B = "a" * 16, "b" * 16


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(tmp_path, clock):
    return lambda *ways: Outbox(tmp_path / "outbox", ways or (A, B), clock)


def visit(number=1, state="begin", **fields):
    return Happening(number, "visit", "cat", state, NOON, **fields)


def ids(entries):
    return [each.happening.id for each in entries]


def test_it_waits_for_each_way_until_that_is_done(make):
    box = make()
    box.add(visit())
    for way in (A, B):
        entries = box.waiting(way)
        assert ids(entries) == [1]
        box.begin(way, entries)
        assert box.waiting(way) == []
        box.done(way, entries)
    assert ids(make().waiting(A)) == []


def test_all_of_it_is_there_after_a_restart(make):
    box = make()
    whole = Happening(5, "trouble", "disk_full", "change", NOON, NOON + 1, 2, ("ソファ",), True, "x", 0.5)
    box.add(whole)
    box.rules.take(visit(7), DEFAULTS, NOON)
    box.keep_rules()
    again = make()
    assert [each.happening for each in again.waiting(A)] == [whole]
    assert again.rules.judged == (7,) and again.rules.alerts == box.rules.alerts


def test_what_was_begun_at_a_kill_may_have_arrived_and_is_not_sent_again(make):
    box = make()
    box.add(visit())
    box.begin(A, box.waiting(A))
    again = make()
    assert (ids(again.waiting(A)), ids(again.waiting(B))) == ([], [1])


def test_what_failed_waits_again(make):
    box = make()
    box.add(visit())
    entries = box.waiting(A)
    box.begin(A, entries)
    box.back(A, entries)
    assert ids(make().waiting(A)) == [1]


def test_what_can_be_brought_up_to_date_is_once_it_is_over(make):
    box = make(A)
    box.add(visit())
    entries = box.waiting(A)
    box.begin(A, entries)
    box.done(A, entries, is_open=True)
    assert box.amend(visit(state="change", most=2)) and box.over(A) == []
    again = make(A)
    assert again.amend(visit(state="end", end=NOON + 60))
    assert [each.happening.end for each in make(A).over(A)] == [NOON + 60]
    again.done(A, again.over(A))
    assert not again.amend(visit(state="end", end=NOON + 60)) and make(A).over(A) == []


def test_what_ends_while_it_is_sent_is_brought_up_to_date_too(make):
    box = make(A)
    box.add(visit())
    entries = box.waiting(A)
    box.begin(A, entries)
    box.amend(visit(state="end", end=NOON + 60))
    box.done(A, entries, is_open=True)
    assert ids(box.over(A)) == [1]


def test_what_ends_while_it_waits_is_told_as_over(make):
    box = make()
    box.add(visit())
    box.amend(visit(state="end", end=NOON + 60))
    assert [each.happening.end for each in make().waiting(A)] == [NOON + 60]


def test_what_is_too_old_is_given_up(make, clock, caplog):
    box = make()
    box.add(visit(1))
    clock.now += LIFE_SECONDS - 1
    box.add(visit(2))
    assert ids(box.waiting(A)) == [1, 2]
    clock.now += 1
    assert ids(box.waiting(A)) == ids(make().waiting(A)) == [2]
    assert "given up" in caplog.text


def test_a_visit_that_never_ends_is_not_waited_for_for_ever(make, clock):
    box = make(A)
    box.add(visit())
    entries = box.waiting(A)
    box.begin(A, entries)
    box.done(A, entries, is_open=True)
    clock.now += OPEN_SECONDS
    box.waiting(A)
    assert not box.amend(visit(state="end", end=clock.now))


def test_it_is_bounded_in_count_and_bytes_and_what_was_sent_goes_first(make, tmp_path):
    box = make(A)
    box.add(visit(1))
    box.add(visit(2))
    second = box.waiting(A)[1:]
    box.begin(A, second)
    box.done(A, second, is_open=True)
    for number in range(10, 10 + 2 * MAX_ENTRIES):
        box.add(visit(number, detail="界" * 9000, places=("界" * 900,) * 900))
        assert (ids(box.waiting(A))[0] == 1) is (number < 10 + MAX_ENTRIES - 1)
    assert len(box.waiting(A)) == MAX_ENTRIES
    assert (tmp_path / "outbox" / KIND.name).stat().st_size <= KIND.max_bytes and not box.trouble
    assert len(make(A).waiting(A)) == MAX_ENTRIES


def test_ways_that_are_gone_are_not_waited_for_and_new_ones_get_no_old_news(make):
    box = make(A)
    box.add(visit())
    again = make(B)
    assert again.waiting(A) == again.waiting(B) == []
    assert not again.amend(visit(state="end", end=NOON + 1))


@pytest.mark.parametrize("damage", ["cut", "flip", "{}", "[]", "link", "folder", "unreadable"])
def test_what_is_damaged_is_set_aside_and_said(make, tmp_path, caplog, damage):
    box = make()
    box.add(visit())
    file = tmp_path / "outbox" / KIND.name
    content = file.read_bytes()
    file.unlink()
    if damage == "link":
        file.symlink_to("elsewhere")
    elif damage == "folder":
        file.mkdir()
    else:
        bad = {"cut": content[:-9], "flip": content.replace(b"cat", b"dog"), "unreadable": b"\xff\xfe"}
        file.write_bytes(bad.get(damage, damage.encode()))
    box = make()
    assert box.waiting(A) == [] and "outbox.json" in caplog.text
    assert os.path.lexists(file.with_name(f"{KIND.name}.damaged"))
    box.add(visit(2))
    assert ids(make().waiting(A)) == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"entries": [{"happening": {}, "made": 1, "ways": {}}]},
        {"entries": [{"made": 1}]},
        {"entries": [7]},
        {"entries": 7},
        {"judged": ["x"]},
        {"judged": None},
        {"alerts": [["a", "b"]]},
        {"held": [None]},
        {"more": 1},
    ],
)
def test_what_is_sealed_and_makes_no_sense_is_damaged_too(make, tmp_path, change):
    box = make()
    box.add(visit())
    file = tmp_path / "outbox" / KIND.name
    document = {k: v for k, v in json.loads(file.read_bytes()).items() if k not in ("version", "sha256")}
    file.write_bytes(state_file.sealed(document | change))
    assert make().waiting(A) == []
    assert file.with_name(f"{KIND.name}.damaged").exists()


def test_on_a_full_disk_it_goes_on_from_memory_and_says_so(make, monkeypatch, caplog):
    box = make()
    full(monkeypatch)
    box.add(visit())
    assert ids(box.waiting(A)) == [1] and "No space left" in box.trouble
    monkeypatch.undo()
    box.add(visit(2))
    assert box.trouble == "" and ids(make().waiting(A)) == [1, 2]


def test_on_a_disk_that_has_become_full_nothing_is_sent_twice_either(make, monkeypatch):
    box = make()
    box.add(visit())
    full(monkeypatch)
    box.begin(A, box.waiting(A))  # and then a kill
    assert make().waiting(A) == []


def full(monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(state_file.StateFile, "_write_temporary", fails)


def test_states_are_written_by_names_that_do_not_change():
    assert [state.value for state in State] == ["waits", "begun", "open", "over", "done"]
    assert module.LIFE_SECONDS == 6 * 3600
