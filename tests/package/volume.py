"""Real file systems on loop devices, mounted in a booted machine.

This computer's tools make and mount them, also those that are programs (FUSE); the mount is then handed to the machine.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.package.machine import Machine, eventually
from tests.package.package import TOP

# System calls, by the same number on each architecture, and their flags.
OPEN_TREE, MOVE_MOUNT = 428, 429
AT_FDCWD, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH, CLONE_NEWNS = -100, 1, 4, 0x20000

# <linux/loop.h>: struct loop_info64 and where its lo_sizelimit is.
LOOP_SET_STATUS64, LOOP_GET_STATUS64, LOOP_INFO_BYTES, LOOP_INFO_SIZE_LIMIT = 0x4C04, 0x4C05, 232, 32


@dataclass(frozen=True)
class FileSystem:
    """``kernel`` is its name in /proc/filesystems. ``make`` is followed by a device, ``mount`` by ``-o``, options, a
    device and a folder. ``owned`` are the options that give all of it to a user, by number, where files have no owners
    of their own."""

    name: str
    kernel: str
    make: tuple[str, ...]
    mount: tuple[str, ...]
    owned: str = ""
    megabytes: int = 96

    def missing(self) -> str:
        """Why it cannot be had here; empty where it can."""
        programs = [words[0] for words in (self.make, self.mount) if shutil.which(words[0]) is None]
        if programs:
            return f"needs {' and '.join(programs)}"
        known = {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}
        return "" if self.kernel in known else f"this kernel has no {self.kernel}"


def _of_kernel(name: str, *make: str, megabytes: int = 96) -> FileSystem:
    return FileSystem(name, name, make, ("mount", "-t", name), megabytes=megabytes)


FILE_SYSTEMS = (
    _of_kernel("ext4", "mkfs.ext4", "-q"),
    _of_kernel("btrfs", "mkfs.btrfs", "-q", megabytes=256),
    _of_kernel("xfs", "mkfs.xfs", "-q", megabytes=320),
    FileSystem("exfat", "fuseblk", ("mkfs.exfat",), ("mount.exfat-fuse",), "uid={uid},gid={gid},umask=007"),
    FileSystem("ntfs", "fuseblk", ("mkntfs", "-q", "-Q", "-F"), ("ntfs-3g",), "uid={uid},gid={gid},umask=007"),
)


class Volume:
    """A disk with a file system; ``path`` is where the machine has it."""

    def __init__(self, kind: FileSystem, machine: Machine, path: str) -> None:
        self.kind, self.path = kind, path
        self._machine = machine
        # In memory: unmounting by FUSE waits for the disk, and this computer's may be busy.
        self._folder = Path(tempfile.mkdtemp(prefix="petcam_volume_", dir="/dev/shm"))
        self._image, self._here = self._folder / "image", self._folder / "here"
        self._devices: list[str] = []  # the newest last
        self._is_out = False
        self._here.mkdir()
        with self._image.open("wb") as file:
            file.truncate(kind.megabytes << 20)
        machine.run("mkdir", "-p", path)
        self._plug_in()
        subprocess.run([*kind.make, self._devices[-1]], check=True, stdout=subprocess.DEVNULL)

    def mount(self, options: str = "rw") -> None:
        eventually(self._is_free)
        command = [*self.kind.mount, "-o", options, self._devices[-1], self._here]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        try:
            hand_over(self._here, self._machine.leader, self.path)
        finally:
            subprocess.run(["umount", self._here], check=True)

    def unmount(self, *options: str) -> None:
        """Fails while anything in it is open."""
        self._machine.run("umount", *options, self.path)

    def is_busy(self) -> bool:
        """Unmount it, unless something in it is open."""
        return "busy" in self._machine.run("umount", self.path, check=False)

    def pull_out(self) -> None:
        """From now on each access to the device fails; what had been written to it stays for the next time."""
        self._is_out = True
        with open(self._devices[-1]) as device:
            info = bytearray(LOOP_INFO_BYTES)
            fcntl.ioctl(device, LOOP_GET_STATUS64, info)
            struct.pack_into("=Q", info, LOOP_INFO_SIZE_LIMIT, 512)
            fcntl.ioctl(device, LOOP_SET_STATUS64, info)

    def put_in(self) -> None:
        """As another device, once the old one is unmounted."""
        self._plug_in()

    def kill_daemon(self) -> None:
        """Of a file system that is a program: then nobody answers, and the kernel says ENOTCONN."""
        for pid in self._daemons():
            os.kill(pid, 9)
        eventually(lambda: not self._daemons())

    def leave(self) -> None:
        """Unmount what is mounted there, whoever has it open; put in what a test that failed has left pulled out."""
        while self.path in self._machine.run("cat", "/proc/mounts").split():
            self._machine.run("umount", "--lazy", self.path)
        if self._is_out:
            self.put_in()

    def close(self) -> None:
        self.leave()
        for device in self._devices:
            subprocess.run(["losetup", "--detach", device], check=True)
        shutil.rmtree(self._folder)

    def _plug_in(self) -> None:
        command = ["losetup", "--find", "--show", self._image]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        self._devices.append(done.stdout.strip())
        self._is_out = False

    def _is_free(self) -> bool:
        """Of the newest device. A file system lives on, as it was mounted, as long as something in it is open, also
        where it was unmounted lazily; a program, until it has ended.
        """
        if self._daemons():
            return False
        try:
            os.close(os.open(self._devices[-1], os.O_RDONLY | os.O_EXCL))
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True

    def _daemons(self) -> list[int]:
        """Of the newest device."""
        found = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes().split(b"\0")
            except OSError:  # it has ended
                continue
            if (
                os.path.basename(words[0]) == os.path.basename(self.kind.mount[0]).encode()
                and self._devices[-1].encode() in words
            ):
                found.append(int(process.parent.name))
        return found


def hand_over(here: Path, leader: str, path: str) -> None:
    """Mount what is mounted ``here`` in the machine as well. A process of its own enters the machine's namespace."""
    command = [sys.executable, "-m", "tests.package.volume", str(here), leader, path]
    subprocess.run(command, cwd=TOP, check=True)


def _hand_over(here: str, leader: str, path: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    tree = _checked(libc.syscall(OPEN_TREE, AT_FDCWD, here.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC))
    root = os.open(f"/proc/{leader}/root", os.O_PATH)
    with open(f"/proc/{leader}/ns/mnt") as namespace:
        _checked(libc.setns(namespace.fileno(), CLONE_NEWNS))
    os.fchdir(root)
    os.chroot(".")
    _checked(libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, path.encode(), MOVE_MOUNT_F_EMPTY_PATH))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    _hand_over(*sys.argv[1:])
