"""What a service prints does not fill the disk."""

import time

from tests.package.appliance import EVENTS, STREAMER, WEB, is_active
from tests.package.machine import Machine

PRINTED_LINES = 5000
# journald multiplies the burst of a unit by what its disk has room for, six times at most.
MOST_LINES = 6 * 200 + 100
TALKATIVE = f"[Service]\nExecStartPost=/bin/sh -c 'seq -f talking:%%g {PRINTED_LINES} >&2'\n"


def test_the_journal_takes_only_some_of_what_a_talkative_service_prints(machine: Machine) -> None:
    for unit in (WEB, STREAMER, EVENTS):
        drop_in = machine.root / f"etc/systemd/system/{unit}.d/talkative.conf"
        drop_in.parent.mkdir()
        drop_in.write_text(TALKATIVE)
    since = time.time()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", WEB, STREAMER, EVENTS)
    machine.run("journalctl", "--sync")
    for unit in (WEB, STREAMER, EVENTS):
        lines = machine.journal(since, "-o", "cat", f"_SYSTEMD_UNIT={unit}").splitlines()
        assert 0 < len([line for line in lines if line.startswith("talking:")]) < MOST_LINES
    assert is_active(machine, WEB, STREAMER, EVENTS)
