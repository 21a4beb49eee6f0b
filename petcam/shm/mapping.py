"""A shared-memory file, opened for reading or mapped read-only after its owner and mode were checked (O1-O3)."""

import grp
import mmap
import os
import pwd
import stat

import posix_ipc

from petcam.errors import Code, PetcamError

DIRECTORY = "/dev/shm"  # where Linux keeps POSIX shared memory; rename and unlink work on it
ACCOUNT = "petcam"  # user and group of the services


class Mapping:
    """The bytes of a segment. Owns the descriptor and the memory until :meth:`close`."""

    def __init__(self, name: str, descriptor: int, memory: mmap.mmap) -> None:
        self.name = name
        self.memory = memory
        self._descriptor = descriptor

    @property
    def gone(self) -> bool:
        """Whether the name stands for another segment by now, or for none."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        """Unmap. Views into the memory must have been dropped before."""
        self.memory.close()
        os.close(self._descriptor)


class SegmentFile:
    """A segment that is read by copying out of its file: its writer may truncate it, and nobody faults.

    Owns the descriptor until :meth:`close`.
    """

    def __init__(self, name: str, descriptor: int, size: int) -> None:
        self.name = name
        self.size = size  # bytes, when it was opened
        self._descriptor = descriptor

    @property
    def gone(self) -> bool:
        """Whether the name stands for another segment by now, or for none, or its size has changed."""
        about = os.fstat(self._descriptor)
        return about.st_nlink == 0 or about.st_size != self.size

    def read(self, start: int, size: int) -> bytes:
        """``size`` bytes; what the file does not have any more is 0."""
        return os.pread(self._descriptor, size, start).ljust(size, b"\0")

    def close(self) -> None:
        os.close(self._descriptor)


def map_read_only(name: str, min_size: int) -> Mapping | None:
    """Map the whole segment ``name``; ``None`` where it does not exist or has under ``min_size`` bytes: no data yet.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where its owner, mode or kind is not to be trusted.
    """
    descriptor = open_trusted(name, min_size)
    if descriptor is None:
        return None
    try:
        return Mapping(name, descriptor, mmap.mmap(descriptor, os.fstat(descriptor).st_size, prot=mmap.PROT_READ))
    except BaseException:
        os.close(descriptor)
        raise


def open_segment_file(name: str) -> SegmentFile | None:
    """Open the segment ``name`` without mapping it; otherwise as :func:`map_read_only`."""
    descriptor = open_trusted(name, 1)
    return None if descriptor is None else SegmentFile(name, descriptor, os.fstat(descriptor).st_size)


def open_trusted(name: str, min_size: int) -> int | None:
    """A descriptor of the segment ``name``, whose owner, mode and kind were checked (O1, O2)."""
    descriptor = _open(name)
    if descriptor is None:
        return None
    about = os.fstat(descriptor)
    fault = trust_fault(about)
    if fault is None and about.st_size >= min_size:
        return descriptor
    os.close(descriptor)
    if fault is not None:
        raise PetcamError(Code.BAD_SEGMENT, f"{name}: {fault}")
    return None


def path(name: str) -> str:
    """The file behind a segment's name."""
    return DIRECTORY + "/" + name.lstrip("/")


def trust_fault(about: os.stat_result) -> str | None:
    """Why a reader must not believe a segment of this kind, owner and mode, with the remedy; ``None``: it may (O2)."""
    if not stat.S_ISREG(about.st_mode):
        return "is not a regular file: remove it and restart its writer"
    # Only root and members of the group can give a file to it; under PrivateUsers= other users have no number.
    if about.st_uid not in (0, os.geteuid(), user_id()) and about.st_gid != group_id():
        return f"belongs to user {about.st_uid}, which petcam does not trust: run its writer as {ACCOUNT} or root"
    mode = stat.S_IMODE(about.st_mode)
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and about.st_gid != group_id()):
        return f"others may write it (mode {mode:04o}): its writer must create it with mode 0640"
    return None


def user_id() -> int | None:
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        return None


def group_id() -> int | None:
    try:
        return grp.getgrnam(ACCOUNT).gr_gid
    except KeyError:
        return None


def _open(name: str) -> int | None:
    try:
        return int(posix_ipc.SharedMemory(name, read_only=True).fd)
    except posix_ipc.ExistentialError:
        return None
    except posix_ipc.PermissionsError as error:
        remedy = f"add this user to the group {ACCOUNT}"
        raise PetcamError(Code.BAD_SEGMENT, f"{name}: may not be read: {remedy}") from error
    except (OSError, ValueError) as error:  # ELOOP: O_NOFOLLOW is part of shm_open
        text = "is a symbolic link or no segment at all: remove it and restart its writer"
        raise PetcamError(Code.BAD_SEGMENT, f"{name}: {text}") from error
