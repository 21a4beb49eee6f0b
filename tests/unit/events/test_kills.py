"""The writer is killed at random moments, the database cut or overwritten. ``PETCAM_KILLS=100`` does so 100 times."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.events.stand_ins import BOOT, NOON, OTHER_BOOT, Board, all_events, names

KILLS = int(os.environ.get("PETCAM_KILLS", 4))
DAMAGES = int(os.environ.get("PETCAM_KILLS", 12))
ROOT = Path(__file__).parents[3]


def run_and_kill(directory, log, boot, now, chance):
    """How far the clock had come when it was killed, and what had happened until then: id to (boxes, whether it is
    over)."""
    size = log.stat().st_size if log.exists() else 0
    words = [sys.executable, "-m", "tests.unit.events.victim", directory, log, boot, str(now), str(chance.random())]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None and not (log.exists() and log.stat().st_size > size):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.5)  # that is the moment; nothing is waited for
        assert process.poll() is None, "it ended by itself"
    finally:
        process.kill()
        process.wait()
    happened = {}
    lines = log.read_text()[size:].splitlines(keepends=True)
    for line in lines:
        if line.endswith("\n"):
            now, changes = json.loads(line)
            for id_, (begin, end, is_over) in changes.items():
                boxes, _ = happened.get(int(id_), ([begin], False))
                happened[int(id_)] = [*boxes, end], is_over
    return now, happened


@pytest.mark.timeout(30 + 5 * KILLS)
def test_a_killed_writer_loses_nothing_older_than_a_minute_and_leaves_nothing_open(tmp_path):
    chance = random.Random(KILLS)
    directory, log = tmp_path / "events", tmp_path / "log"
    now, boot, lost = 100.0, BOOT, [0.0]
    for kill in range(KILLS):
        now, happened = run_and_kill(directory, log, boot, now, chance)
        left = shutil.copytree(directory, tmp_path / "left")  # what a reader sees until the writer runs again
        found = {event.id: event for event in all_events(left)}
        for id_, (boxes, is_over) in happened.items():
            if id_ not in found:
                lost.append(now - boxes[0])
                continue
            event = found[id_]
            assert event.begin == pytest.approx(NOON + boxes[0])
            assert event.is_open or is_over
            lost += [now - box for box in boxes if NOON + box > event.end + 0.001]
        assert max(lost) <= 60, kill
        shutil.rmtree(left)
        if kill % 3 == 2:  # the power, this time
            boot, now = f"{OTHER_BOOT}-{kill}"[:36], 10.0
        else:
            now += chance.choice([1, 5, 200])
    last = Board(directory, now=now + 1000, boot=BOOT[::-1])
    last.pass_time(2)
    last.close()
    found = {event.id: event for event in all_events(directory)}
    visits = {event.id: event for event in found.values() if event.kind == "visit"}
    assert not any(event.is_open for event in found.values())
    assert len({event.id for event in found.values()}) == len(found)
    assert names(directory) == ["events.db"]  # nothing was set aside
    print(f"{KILLS} kills, {len(visits)} visits, at most {max(lost):.0f} s lost")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A killed writer's directory with some days of visits, part of them only in the log."""
    directory = tmp_path_factory.mktemp("written") / "events"
    board = Board(directory)
    for number in range(150):
        visit = board.come("cat" if number % 3 else "dog")
        board.store.kept(visit.number, f"petcam_{number:06}~visit.mp4", 1, 2)
        board.pass_time(65, [visit])
        board.leave(visit)
    left = board.as_killed(directory.with_name("left"))
    board.close()
    return left, board.now


def damage(path, chance):
    """Cut it, fill it with chance, or overwrite a part."""
    data = bytearray(path.read_bytes())
    how, at = chance.choice(["cut", "part", "zeros", "flip", "all"]), chance.randrange(len(data))
    if how == "cut":
        data = data[:at]
    elif how == "flip":
        data[at] ^= 1 << chance.randrange(8)
    else:
        size = len(data) if how == "all" else min(chance.choice([1, 16, 512, 4096, 65_536]), len(data) - at)
        at = 0 if how == "all" else at
        data[at : at + size] = bytes(size) if how == "zeros" else chance.randbytes(size)
    path.write_bytes(data)
    return how


def is_as_it_was(event, truth):
    """Or as it was at an earlier commit: what is lost of the log ends there, and nobody can tell."""
    return event == truth or (event[:4] == truth[:4] and event[4] <= truth[4])


@pytest.mark.timeout(30 + 2 * DAMAGES)
def test_a_cut_or_overwritten_database_needs_no_hand_and_shows_nothing_that_was_not(written, tmp_path):
    source, now = written
    truth = {event.id: event[:13] for event in all_events(source)}
    chance = random.Random(7)
    aside = kept = 0
    for trial in range(DAMAGES):
        directory = shutil.copytree(source, tmp_path / str(trial))
        name = chance.choice(["events.db", "events.db", "events.db-wal", "events.db-shm"])
        how = damage(directory / name, chance)
        board = Board(directory, now=now + 10)
        visit = board.come("new")
        board.leave(visit)
        board.close()
        found = {event.id: event[:13] for event in all_events(directory) if event.kind == "visit"}
        new = found.pop(visit.id)
        assert new[2] == "new" and not any(event[6] for event in found.values())
        for id_, event in found.items():
            assert is_as_it_was(event, truth[id_]), (trial, name, how)
        assert visit.id > max(found, default=0)
        assert all(name.startswith("events.db") for name in names(directory))
        was_set_aside = any("aside" in name for name in names(directory))
        assert was_set_aside == bool(board.store.status)
        aside, kept = aside + was_set_aside, kept + len(found)
        shutil.rmtree(directory)
    print(f"{DAMAGES} databases damaged, {aside} set aside, {kept / DAMAGES / len(truth):.0%} of all events kept")
