"""Runs a Python program as a service of systemd's does what it does: as its user, and in its namespace of mounts.

What a service may do shows only so: from outside, a folder that its sandbox makes read-only looks like any other.
"""

import os
import pwd
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TRIAL_SECONDS = 10.0  # a disk that hangs must not hang who asks
ASKING_SECONDS = 5.0
ENDING_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    unit: str
    user: str


@dataclass(frozen=True)
class Trial:
    output: str  # of the program; empty: it could not be run, or did not end
    who: str  # as whom it ran, or why it did not
    is_late: bool = False  # it did not end within TRIAL_SECONDS
    is_inside: bool = False  # it ran in the service's namespace


def run_as(service: Service, program: Path, *words: str) -> Trial:
    """Run ``program``, a file of Python that imports only the standard library, with ``words`` as its arguments."""
    entrance, who = _entrance(service)
    # By its text: the service's user may not read where it lies.
    command = [*entrance, sys.executable, "-I", "-c", program.read_text(), *words]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
    except OSError as error:
        return Trial("", f"{command[0]}: {error.strerror}")
    try:
        output, errors = process.communicate(timeout=TRIAL_SECONDS)
    except subprocess.TimeoutExpired:
        _leave(process)
        return Trial("", who, is_late=True)
    if process.returncode:
        return Trial("", (errors.strip().splitlines() or [f"exit {process.returncode}"])[-1])
    return Trial(output, who, is_inside=entrance[:1] == ["nsenter"])


def _leave(process: "subprocess.Popen[str]") -> None:
    """End it, without waiting for more than a moment: a disk that hangs may hold it for ever."""
    process.kill()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(ENDING_SECONDS)


def _entrance(service: Service) -> tuple[list[str], str]:
    """The words before a command that make it run as the service, and who that is."""
    if os.geteuid():
        return [], "as you, not as the service"
    pid = main_pid(service.unit)
    if ids := _ids(pid):
        # The service's namespace of users needs no joining: the kernel compares the numbers outside of it.
        uid, gid, groups = ids["Uid"][1], ids["Gid"][1], ",".join(ids["Groups"])
        grouped = f"--groups={groups}" if groups else "--clear-groups"
        enter = ["nsenter", "--target", str(pid), "--mount"]
        return [*enter, "setpriv", f"--reuid={uid}", f"--regid={gid}", grouped], f"as {service.unit}"
    try:
        user = pwd.getpwnam(service.user)
    except KeyError:  # a checkout has one user
        return [], "as root"
    change = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
    return change, f"as user {service.user} without the sandbox, for {service.unit} does not run"


def main_pid(unit: str) -> int:
    """0 where it does not run."""
    command = ["systemctl", "show", "--property=MainPID", "--value", unit]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=ASKING_SECONDS)
        return int(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def _ids(pid: int) -> dict[str, list[str]]:
    """Its numbers outside of all namespaces of users: Uid and Gid (real, effective, saved, file system), Groups. Empty
    where there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: words.split() for name, _, words in (line.partition(":") for line in lines)}
