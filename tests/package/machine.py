"""A booted Debian in systemd-nspawn: its disk is an overlay over kept folders, its network its own, its systemd real.

docs/packaging.md says how to open a shell in one by hand.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LAN_ADDRESS = "192.168.77.1"  # the machine's address on its own, closed network
# The tests' time limits are for an idle computer; PETCAM_PATIENCE=3 allows three times as long on a busy one.
TIMEOUT_FACTOR = float(os.environ.get("PETCAM_PATIENCE", "1"))
BOOT_SECONDS = 60.0 * TIMEOUT_FACTOR
STOP_SECONDS = 30.0
POLL_SECONDS = 0.1
# The id of systemd's message when a unit has started or failed to start.
UNIT_STARTED_MESSAGE = "39f53479d3a045ac8e11786248231fbf"
POWER_OFF = signal.SIGRTMIN + 4  # makes systemd's PID 1 power off


class Machine:
    """A machine to ``boot``, ``run`` commands in, and ``power_off`` or ``cut_power``. :func:`disk` removes its disk."""

    def __init__(self, root: Path, options: tuple[str, ...] = ()) -> None:
        self.root = root
        self._options = options
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = ""
        self._console = root.parent / "console.log"
        self._cgroup = _cgroups() / f"petcam-test-{root.parent.name}"

    def boot(self) -> None:
        """Returns when systemd reports that the system is up."""
        self._leader = ""
        with _notify_socket() as (path, messages), self._console.open("ab") as console:
            self._cgroup.mkdir(exist_ok=True)
            self._nspawn = subprocess.Popen(
                ["sh", "-c", 'echo $$ >"$0" && exec "$@"', self._cgroup / "cgroup.procs", *self._command()],
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": path, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
            self._await_ready(messages)
        self._join_lan()

    def power_off(self) -> None:
        """An orderly shutdown; after ``STOP_SECONDS`` the power is cut."""
        assert self._nspawn is not None
        os.kill(int(self._leader), POWER_OFF)
        with suppress(subprocess.TimeoutExpired):
            self._nspawn.wait(STOP_SECONDS)
        self.cut_power()

    def cut_power(self) -> None:
        """Kill every process of the machine at once."""
        if self._nspawn is None:
            return
        if self._nspawn.poll() is None and self._leader:
            os.kill(int(self._leader), signal.SIGKILL)  # when the init of a PID namespace dies, everything in it does
        elif not self._leader:
            self._nspawn.kill()
        self._nspawn.wait()
        self._nspawn = None
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            with suppress(OSError):  # a process that has not ended yet still uses it
                os.rmdir(folder)

    def run(self, *command: str, check: bool = True, text: str = "", timeout: float = 300) -> str:
        """Run a command in the machine with ``text`` as its standard input; returns what it prints."""
        completed = subprocess.run(
            [*self._inside(), *command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        if check and completed.returncode:
            raise AssertionError(f"{' '.join(command)}: exit {completed.returncode}\n{completed.stdout}")
        return completed.stdout

    def curl(self, url: str, *options: str) -> tuple[int, str]:
        """Status and body that this computer's curl gets in the machine's network; status 0: no answer. Bytes of the
        body that are no UTF-8 are replaced."""
        command = ["nsenter", "-t", self._leader, "-n", "curl", "-s", "-m", "10", "-w", "\n%{http_code}", *options, url]
        body, _, status = subprocess.run(command, stdout=subprocess.PIPE, errors="replace").stdout.rpartition("\n")
        return int(status), body

    def in_network(self, *command: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a program of this computer in the machine's network, with ``text`` as its standard input."""
        enter = ["nsenter", "-t", self._leader, "-n"]
        return subprocess.run([*enter, *command], input=text, capture_output=True, text=True, timeout=120)

    @property
    def leader(self) -> str:
        """The PID on this computer of the machine's init."""
        return self._leader

    def processes(self, unit: str) -> list[int]:
        """The PIDs on this computer of the unit's processes."""
        (file,) = self._cgroup.glob(f"**/{unit}/cgroup.procs")
        return [int(line) for line in file.read_text().split()]

    @contextmanager
    def background_in_network(self, *command: str) -> Iterator[None]:
        """The same in the background; the program is ended with the context."""
        with subprocess.Popen(["nsenter", "-t", self._leader, "-n", *command], stdout=subprocess.DEVNULL) as program:
            try:
                yield
            finally:
                program.terminate()

    def property(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", "-p", name, unit).strip()

    def await_journal(self, since: float, timeout: float, *matches: str) -> None:
        """Wait for a journal entry since ``since`` (Unix time) with all of ``matches`` (``FIELD=value``)."""
        follow = ["journalctl", "--follow", "--no-tail", "--output=json", f"--since=@{since:.6f}", *matches]
        command = [*self._inside(), "timeout", str(timeout * TIMEOUT_FACTOR), *follow]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as journal:
            assert journal.stdout is not None
            line = journal.stdout.readline()
            if line:
                _terminate_children(journal.pid)
        assert line, f"nothing in the journal within {timeout} s: {matches}\n{self.journal(since)}"

    def await_started(self, since: float, unit: str, timeout: float) -> None:
        self.await_journal(since, timeout, f"MESSAGE_ID={UNIT_STARTED_MESSAGE}", f"UNIT={unit}", "JOB_RESULT=done")

    def journal(self, since: float, *options: str) -> str:
        words = ["--no-pager", "--quiet", "--output=short-monotonic", f"--since=@{since:.6f}", *options]
        return self.run("journalctl", *words, check=False)

    def _await_ready(self, messages: socket.socket) -> None:
        """systemd-nspawn first sends the PID of the machine's init, and later that the system is ready."""
        lines: list[str] = []
        while "READY=1" not in lines:
            try:
                lines = messages.recv(4096).decode().split("\n")
            except TimeoutError:
                raise AssertionError(f"it does not boot:\n{self._console.read_text()[-2000:]}") from None
            self._leader = next((line[20:] for line in lines if line.startswith("X_NSPAWN_LEADER_PID=")), self._leader)

    def _command(self) -> list[str]:
        own = ["--quiet", "--register=no", "--keep-unit", "--notify-ready=yes", "--private-network", *self._options]
        return ["systemd-nspawn", *own, "-M", self.root.parent.name, "-D", str(self.root), "--boot"]

    def _inside(self) -> list[str]:
        enter = ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-n", "-p", "-r", "-w"]
        environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        return [*enter, "env", "-i", *environment]

    def _join_lan(self) -> None:
        """Add a veth pair with both ends in the machine: an address besides loopback, on a network without others."""
        for words in (
            "link add lan0 type veth peer name cable",
            f"address add {LAN_ADDRESS}/24 dev lan0",
            "link set lan0 up",
            "link set cable up",
        ):
            completed = self.in_network("ip", *words.split())
            assert not completed.returncode, completed.stderr


@contextmanager
def disk(*lower: Path) -> Iterator[Path]:
    """A new overlay disk over folders, the uppermost first; what is written to it is in the folder ``up`` beside it."""
    folder = lower[-1].parent / f"board-{uuid.uuid4().hex[:12]}"  # also the machine's name
    up, work, root = folder / "up", folder / "work", folder / "root"
    for path in (up, work, root):
        path.mkdir(parents=True)
    layers = f"lowerdir={':'.join(map(str, lower))},upperdir={up},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(root)], check=True)
    try:
        yield root
    finally:
        if root.is_mount():
            unmount(root)
        shutil.rmtree(folder)


def unmount(root: Path) -> None:
    """Needed before what was written to a disk can be a layer of other disks."""
    subprocess.run(["umount", str(root)], check=True)


@contextmanager
def booted(*lower: Path, options: tuple[str, ...] = ()) -> Iterator[Machine]:
    with disk(*lower) as root:
        machine = Machine(root, options)
        try:
            machine.boot()
            yield machine
        finally:
            machine.cut_power()


Boot = Callable[..., Machine]  # boots the installation; the arguments are options of systemd-nspawn


def debian_root(suite: str, architecture: str) -> Path:
    """The folder of a bare Debian, made once and kept."""
    tool = Path(__file__).parents[2] / "tools/deb-test-root"
    made = subprocess.run([tool, suite, architecture], stdout=subprocess.PIPE, text=True, check=True)
    return Path(made.stdout.strip())


def cache() -> Path:
    """Where what takes long to make or to fetch is kept for the next time; tools/deb-test-root knows it too."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "petcam-test"


def eventually(condition: Callable[[], Any], timeout: float = 60) -> Any:
    """Poll ``condition`` until it is true, where no event can be awaited; returns or fails with its last value."""
    deadline = time.monotonic() + timeout * TIMEOUT_FACTOR
    pause = threading.Event()
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"still {answer!r} after {timeout} s"
        pause.wait(POLL_SECONDS)
    return answer


def _terminate_children(pid: int) -> None:
    """End the command that nsenter runs: ending nsenter would not end it."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), signal.SIGTERM)


@contextmanager
def _notify_socket() -> Iterator[tuple[str, socket.socket]]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messages:
        path = f"{folder}/notify"
        messages.bind(path)
        messages.settimeout(BOOT_SECONDS)
        yield path, messages


def _cgroups() -> Path:
    unified = Path("/sys/fs/cgroup/unified")
    return unified if unified.is_dir() else unified.parent
