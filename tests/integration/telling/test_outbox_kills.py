"""Killed between any two steps, the teller tells nothing twice, and all that follows."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.telling.receiver import Receiver

TOP = Path(__file__).parents[3]


def run(directory: Path, url: str, last: int, first: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.integration.telling.victim", directory, url, str(last), str(first)]
    return subprocess.run(list(map(str, command)), cwd=TOP, capture_output=True, text=True, timeout=120)


def ids(receiver: Receiver) -> Counter:
    return Counter(event["id"] for got in receiver.got for event in got.json["events"])


def test_nothing_is_told_twice_whenever_it_is_killed(tmp_path: Path) -> None:
    """After each kill the same visits begin again, as they may where petcam-events itself was killed."""
    with Receiver() as receiver:
        whole = run(tmp_path / "whole", receiver.url, 0, 10)
        assert whole.returncode == 0, whole.stderr
        steps = int(whole.stdout)
        assert ids(receiver) == {10: 1, 11: 1} and steps > 30
    lost = 0
    for last in range(1, steps, 2 if steps > 60 else 1):
        with Receiver() as receiver:
            directory = tmp_path / str(last)
            assert run(directory, receiver.url, last, 10).returncode == -9
            again = run(directory, receiver.url, 0, 10)
            assert again.returncode == 0, again.stderr
            afterwards = run(directory, receiver.url, 0, 20)
            assert afterwards.returncode == 0, afterwards.stderr
            told = ids(receiver)
            assert max(told.values()) == 1, f"killed at step {last}: {told}"
            assert told[20] == told[21] == 1
            lost += 2 - told[10] - told[11]
    # What was being sent may have arrived, so nobody sends it again: that is a part of the steps alone.
    assert lost < steps / 2


@pytest.mark.parametrize("content", ["", "{", "\0" * 4096])
def test_what_a_power_cut_may_leave_of_the_file_stops_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "outbox.json").write_text(content)
    with Receiver() as receiver:
        assert run(tmp_path, receiver.url, 0, 10).returncode == 0
        assert ids(receiver) == {10: 1, 11: 1}
    assert (tmp_path / "outbox.json.damaged").read_text() == content
