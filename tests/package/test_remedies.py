"""Every command that petcam prints for people, typed as printed, in the state to which it belongs, mends that."""

import re
from pathlib import Path

import pytest

from tests.package.appliance import STREAMER, WEB, is_active, log_in, record, start_feed
from tests.package.machine import TIMEOUT_FACTOR, Machine, eventually
from tests.package.remedies import FOLDERS, OTHERS, RECORDINGS, Remedy

SUDO = '#!/bin/sh\nexec "$@"\n'  # a bare Debian has none, and who types is root


@pytest.mark.timeout(600 * TIMEOUT_FACTOR)
def test_what_is_printed_mends_what_it_is_printed_for(machine: Machine, base: Path) -> None:
    """Half of them on either Debian, as each takes seconds: those of folders, which hang most on systemd and
    util-linux, on the older one. A folder outside of the sandbox comes on both."""
    remedies = FOLDERS if base.name.startswith("bookworm") else OTHERS
    sudo = machine.root / "usr/bin/sudo"
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    start_feed(machine)
    for remedy in remedies:
        mend(machine, remedy)
    directory = RECORDINGS if remedies is FOLDERS else "/srv/recordings"
    name = record(machine, log_in(machine))
    assert machine.run("stat", "-c", "%U:%G %a", f"{directory}/{name}") == "petcam:petcam 640\n"


def mend(machine: Machine, remedy: Remedy) -> None:
    shell(machine, remedy.breaks)
    typed = remedy.typed or what_is_said(machine, remedy).rpartition(": ")[2]
    for command in remedy.commands:
        assert re.search(re.escape(command).replace(r"\{\}", r".+"), typed), f"{command} is not in: {typed}"
    shell(machine, typed, text=remedy.input)
    if remedy.mended:
        shell(machine, remedy.mended)
    else:
        eventually(lambda: not line_that_says(machine, remedy))
    shell(machine, remedy.clears)
    eventually(lambda: is_active(machine, WEB, STREAMER))


def what_is_said(machine: Machine, remedy: Remedy) -> str:
    try:
        return str(eventually(lambda: line_that_says(machine, remedy)))
    except AssertionError:
        raise AssertionError(f"not said: {remedy.says}\n{shell(machine, remedy.shows, check=False)}") from None


def line_that_says(machine: Machine, remedy: Remedy) -> str:
    """The last that has what ``remedy.says``; empty: none has."""
    lines = shell(machine, remedy.shows, check=False).splitlines()
    return next((line for line in reversed(lines) if remedy.says in line), "")


def shell(machine: Machine, command: str, check: bool = True, text: str = "") -> str:
    return machine.run("bash", "-c", command, check=check, text=text)
