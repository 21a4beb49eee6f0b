"""A virtual machine whose power can be cut: a kernel of its own on a :class:`ForgetfulDisk`, and a line to its agent.

Two kinds: user-mode Linux, a kernel that runs as a program and at nearly full speed anywhere; and qemu, with KVM where
the processor has it, else emulated, some twenty times slower.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from abc import ABC, abstractmethod
from base64 import b64decode
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

from tests.package.machine import TIMEOUT_FACTOR, eventually
from tests.power import image
from tests.power.block_server import BlockServer
from tests.power.forgetful_disk import ForgetfulDisk
from tests.power.kernels import cloud_kernel, make_initramfs

BOOT_SECONDS = 900.0 * TIMEOUT_FACTOR  # emulated on a busy computer; nothing is judged by it
TRIAL_SECONDS = 20.0
MEMORY_MB = 640
WORDS = "rw panic=-1 systemd.show_status=0"


class PowerCut(Exception):
    """The machine was off before it answered."""


class Answer(NamedTuple):
    status: int  # of HTTP
    headers: dict[str, str]
    body: bytes
    why: str = ""  # there is none


class VirtualMachine(ABC):
    """``start``, ``await_agent``, ``run`` and ``ask`` by any threads; ``cut_power`` ends what waits for an answer."""

    agent_line = ""  # the device in the machine by which its agent talks
    programs: ClassVar[dict[str, str]] = {}  # that it and its disk need, and their Debian packages

    def __init__(self, folder: Path, file_system: str) -> None:
        self.folder, self.file_system = folder, file_system
        self._socket = folder / "disk"
        self._block_device = f"driver=nbd,node-name=disk,server.type=unix,server.path={self._socket}"
        self._server: BlockServer | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._reader: threading.Thread | None = None
        self._ids = count(1)
        self._changed = threading.Condition()  # guards the next two
        self._answers: dict[int, dict[str, Any]] = {}
        self._is_off = True

    @classmethod
    def missing(cls) -> str:
        """What is not here that it needs; empty: all is."""
        lacking = [f"{name} ({package})" for name, package in cls.programs.items() if shutil.which(name) is None]
        return f"needs {', '.join(lacking)}" if lacking else "needs root" if os.geteuid() else ""

    @abstractmethod
    def _boot(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        """The machine's process, in a group of its own, and the line to its agent."""

    @abstractmethod
    def _detach(self) -> None:
        """End what stood between the machine and the block server; the machine has been killed."""

    def start(self, disk: ForgetfulDisk) -> None:
        """Returns at once; the machine then boots."""
        self._answers.clear()
        self._is_off = False
        self._socket.unlink(missing_ok=True)
        disk.on_cut = self.kill
        self._server = BlockServer(disk, self._socket)
        self._process, self._line = self._boot()
        self._reader = threading.Thread(target=self._read, name="agent's line")
        self._reader.start()

    def await_agent(self) -> None:
        """Returns once a command runs in the machine. What is said before the agent listens is lost: it is repeated."""
        eventually(lambda: self._request({"command": ["true"]}, 5.0), BOOT_SECONDS / TIMEOUT_FACTOR)

    def run(self, *command: str, check: bool = True, timeout: float = BOOT_SECONDS) -> str:
        """Run a command as root; returns what it prints. Raises :class:`PowerCut`."""
        done = self._request({"command": command}, timeout)
        assert done and (not check or not done["status"]), f"{' '.join(command)}: {done}"
        return str(done["output"])

    def ask(self, method: str, port: int, path: str, headers: dict[str, str], body: str = "") -> Answer:
        """By HTTP from the machine itself; while nobody listens status -1, and why. Raises :class:`PowerCut`."""
        words = {"method": method, "port": port, "path": path, "headers": headers, "body": body}
        done = self._request(words)
        assert done
        if "headers" not in done:
            return Answer(done["status"], {}, b"", done["output"])
        return Answer(done["status"], done["headers"], b64decode(done["output"]))

    def kill(self) -> None:
        """At once, as its disk has no power; :meth:`cut_power` clears away."""
        with self._changed:
            self._is_off = True
            self._changed.notify_all()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def cut_power(self) -> None:
        """What the disk has cached is forgotten by its owner, not here."""
        if self._process is None:
            return
        self.kill()
        assert self._server is not None and self._line is not None and self._reader is not None
        self._process.wait()
        self._detach()
        self._server.close()
        self._line.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._line.close()
        self._process = None

    @property
    def console(self) -> str:
        return (self.folder / "console.log").read_text(errors="replace")

    def _request(self, words: dict[str, Any], timeout: float = BOOT_SECONDS) -> dict[str, Any]:
        """The answer; empty: none within ``timeout`` seconds."""
        number = next(self._ids)
        with self._changed:
            if self._is_off or self._line is None:
                raise PowerCut
            try:
                self._line.sendall(json.dumps({"id": number, **words}).encode() + b"\n")
            except OSError as error:
                raise PowerCut from error
            self._changed.wait_for(lambda: self._is_off or number in self._answers, timeout)
            if self._is_off:
                raise PowerCut
            return self._answers.pop(number, {})

    def _read(self) -> None:
        assert self._line is not None
        received = b""
        with suppress(ConnectionResetError):  # the machine was killed before it had read all
            while piece := self._line.recv(1 << 16):
                *lines, received = (received + piece).split(b"\n")
                for line in lines:
                    self._note(line)

    def _note(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
            number = answer["id"]
        except (ValueError, KeyError, TypeError):
            return  # before the agent has the line it is a terminal, which echoes
        with self._changed:
            if "status" in answer:
                self._answers[number] = answer
                self._changed.notify_all()


class UserModeLinux(VirtualMachine):
    agent_line = "/dev/ttyS0"
    programs = {
        "linux.uml": "user-mode-linux",
        "qemu-storage-daemon": "qemu-system-common",
        "busybox": "busybox-static",
        **image.PROGRAMS,
    }
    _disk_daemon: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def missing(cls) -> str:
        """Also where it runs no program: before Linux 6.13 it does not save the registers of the newest processors."""
        if lacking := super().missing():
            return lacking
        words = ("mem=64M", "rootfstype=hostfs", "rootflags=/", "ro", "init=/usr/bin/true")
        with tempfile.TemporaryFile() as console:
            tried = _started(("linux.uml", *words, "con=null", "con0=null,fd:1", "ssl=null"), console)
            with suppress(subprocess.TimeoutExpired):  # it ran that, and does not end by itself
                tried.wait(TRIAL_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(tried.pid, signal.SIGKILL)
            tried.wait()
            console.seek(0)
            said = re.search(rb"^userspace - (.* failed.*)$", console.read(), re.MULTILINE)
        return f"user-mode Linux runs no program on this processor: {said[1].decode().strip()}" if said else ""

    def _boot(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        """Its own block devices do not pass a flush on; virtio's does, which is qemu's without qemu."""
        virtio, initramfs = self.folder / "virtio", self.folder / "initramfs"
        virtio.unlink(missing_ok=True)
        export = "vhost-user-blk,id=export,node-name=disk,writable=on,logical-block-size=4096,addr.type=unix"
        daemon = ["qemu-storage-daemon", "--blockdev", self._block_device, "--export", f"{export},addr.path={virtio}"]
        with (self.folder / "daemon.log").open("ab") as log:
            self._disk_daemon = _started(tuple(daemon), log)
        make_initramfs(initramfs)
        eventually(virtio.exists)
        ours, theirs = socket.socketpair()
        with theirs, (self.folder / "console.log").open("ab") as console:
            line = theirs.fileno()
            words = (
                *("linux.uml", f"mem={MEMORY_MB}M", f"virtio_uml.device={virtio}:2", f"initrd={initramfs}"),
                *("con=null", "con0=null,fd:1", "ssl=null", f"ssl0=fd:{line},fd:{line}", *WORDS.split()),
                *(f"rootfstype={self.file_system}", "systemd.unified_cgroup_hierarchy=1"),
            )
            return _started(words, console, (line,)), ours

    def _detach(self) -> None:
        assert self._disk_daemon is not None
        self._disk_daemon.kill()
        self._disk_daemon.wait()


class Qemu(VirtualMachine):
    agent_line = "/dev/ttyS1"  # Debian 12's kernel has virtio's ports only as a module
    programs = {"qemu-system-x86_64": "qemu-system-x86", **image.PROGRAMS}

    def _boot(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        port = self.folder / "agent"
        port.unlink(missing_ok=True)
        words = f"root=/dev/nvme0n1 rootfstype={self.file_system} console=ttyS0 {WORDS}"
        command = (
            *("qemu-system-x86_64", "-nodefaults", "-nographic", "-no-reboot", "-m", str(MEMORY_MB), *_processor()),
            *("-kernel", str(cloud_kernel()), "-append", words),
            *("-chardev", f"file,id=console,path={self.folder}/console.log,append=on", "-serial", "chardev:console"),
            *("-blockdev", self._block_device),
            *("-device", "nvme,drive=disk,serial=petcam,logical_block_size=4096,physical_block_size=4096"),
            *("-chardev", f"socket,id=agent,path={port},server=on,wait=off"),
            *("-serial", "chardev:agent"),
        )
        line = socket.socket(socket.AF_UNIX)
        with (self.folder / "qemu.log").open("ab") as log:
            process = _started(command, log)
        eventually(lambda: process.poll() is not None or line.connect_ex(str(port)) == 0)
        assert process.poll() is None, f"qemu has ended: {(self.folder / 'qemu.log').read_text()}"
        return process, line

    def _detach(self) -> None:
        pass


def _started(command: tuple[str, ...], log: IO[bytes], files: tuple[int, ...] = ()) -> "subprocess.Popen[bytes]":
    """In a process group of its own, which the power cut kills; it ends with the tests, however they end."""
    command = ("setpriv", "--pdeathsig", "KILL", *command)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=files, start_new_session=True
    )


def _processor() -> tuple[str, ...]:
    """KVM where the processor has it (a /dev/kvm without that boots no common kernel), else emulation.

    The emulated clock counts instructions: for the machine a busy computer is no slow one, so that no watchdog of its
    own runs out while this computer does other things.
    """
    flags = set(Path("/proc/cpuinfo").read_text().split())
    if flags & {"vmx", "svm"} and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ("-accel", "kvm", "-cpu", "host", "-smp", "2")
    return ("-accel", "tcg,thread=single", "-icount", "shift=0", "-cpu", "max")


KINDS = {"uml": UserModeLinux, "qemu": Qemu}
