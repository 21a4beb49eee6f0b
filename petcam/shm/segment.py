"""A segment of the contract: created by its one writer (C1-C5), opened by its readers (O1-O4), its records in place."""

import contextlib
import fcntl
import mmap
import os
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from petcam.errors import Code, PetcamError
from petcam.shm import header, layout, mapping
from petcam.shm.header import Header
from petcam.shm.layout import Shape
from petcam.shm.mapping import Mapping

LOCK_TIMEOUT_SECONDS = 5.0  # to wait for another writer that is being created, which takes milliseconds


class Segment:
    """The header and the slots as numpy views of the mapping itself; nothing is copied here.

    ``live`` holds what the writer changes (``live["news"]``), ``slots[n % slot_count]`` is record n,
    ``data`` is the data area. All of them die with :meth:`close`.
    """

    def __init__(self, mapped: Mapping, shape: Shape, fixed: Header) -> None:
        self.name = mapped.name
        self.shape = shape
        self.header = fixed
        memory = mapped.memory
        self.live: np.void = np.frombuffer(memory, layout.HEADER, 1)[0]
        self.slots: npt.NDArray[np.void] = np.frombuffer(memory, shape.slot, shape.slot_count, layout.HEADER_SIZE)
        self.sequences = self.slots["sequence"]
        self.data = memoryview(memory)[shape.data_start :]
        # Read with each record, and so without numpy: three u64 (heartbeat_ns, next_record, first_record), and news.
        changing = memoryview(memory)[layout.FIXED_SIZE :]
        self._counts, self._news = changing[:24].cast("Q"), changing[24:28].cast("I")
        changing.release()
        news = np.frombuffer(memory, "<u4", 1, layout.HEADER.fields["news"][1])  # type: ignore[index]
        self.news_address: int = news.ctypes.data
        self._mapping = mapped

    @property
    def next_record(self) -> int:
        return self._counts[1]

    @property
    def first_record(self) -> int:
        return self._counts[2]

    @property
    def heartbeat_ns(self) -> int:
        return self._counts[0]

    @property
    def news(self) -> int:
        """The futex word that readers sleep on: raised by 1, mod 2**32, after each publication."""
        return self._news[0]

    @property
    def gone(self) -> bool:
        """Whether the segment was replaced or taken away."""
        return self._mapping.gone

    def close(self) -> None:
        for view in (self.data, self._counts, self._news):
            view.release()
        del self.live, self.slots, self.sequences
        self._mapping.close()


def open_segment(name: str, shape: Shape) -> Segment | None:
    """Map the segment ``name`` read-only; ``None``: no data yet.

    Raises :class:`PetcamError` (``BAD_SEGMENT``) where waiting would not help; its message has name and remedy.
    """
    mapped = mapping.map_read_only(name, layout.HEADER_SIZE)
    if mapped is None:
        return None
    try:
        fixed = header.parse(mapped.memory[: layout.HEADER_SIZE], len(mapped.memory), shape, name)
    except BaseException:
        mapped.close()
        raise
    if fixed is None:
        mapped.close()
        return None
    return Segment(mapped, shape, fixed)


def create_segment(name: str, shape: Shape, writer_name: str) -> Segment:
    """Create the segment ``name`` and map it for writing, in place of a dead writer's.

    Raises :class:`PetcamError`: ``CONFLICT`` where another writer lives, ``BAD_SEGMENT`` where it cannot be made.
    """
    try:
        with _one_at_a_time(name):
            _refuse_second_writer(name, shape)
            return _create(name, shape, writer_name)
    except OSError as error:
        text = f"cannot be created in {mapping.DIRECTORY}: {error.strerror}"
        raise PetcamError(Code.BAD_SEGMENT, f"{name}: {text}") from error


@contextlib.contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """C1: the lock of all creators. It lies on the folder itself, so that whoever dies holding it leaves nothing."""
    descriptor = os.open(mapping.DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + LOCK_TIMEOUT_SECONDS
        while not _lock(descriptor):
            if time.monotonic() > end:
                text = f"another program holds the lock of {mapping.DIRECTORY}; fuser {mapping.DIRECTORY} names it"
                raise PetcamError(Code.CONFLICT, f"{name}: {text}")
            time.sleep(LOCK_TIMEOUT_SECONDS / 500)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_second_writer(name: str, shape: Shape) -> None:
    try:
        existing = open_segment(name, shape)
    except PetcamError:  # whatever it is, it is not a segment that somebody could still be reading
        return
    if existing is None:
        return
    fixed, beat_ns = existing.header, existing.heartbeat_ns
    existing.close()
    if time.monotonic_ns() - beat_ns < layout.STALE_NS and _is_alive(fixed.writer_pid):
        who = f"{fixed.writer_name or 'a writer'} (process {fixed.writer_pid})"
        raise PetcamError(Code.CONFLICT, f"{name}: {who} is writing it; stop that one first")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _create(name: str, shape: Shape, writer_name: str) -> Segment:
    final, temporary = mapping.path(name), mapping.path(name) + ".new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)  # C1
    try:
        os.ftruncate(descriptor, shape.segment_size)  # C2
        os.posix_fallocate(descriptor, 0, shape.segment_size)
        made = Segment(*_fill(name, descriptor, shape, writer_name))  # C3
        _hand_over(descriptor)  # C4
        os.rename(temporary, final)  # C5
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return made


def _fill(name: str, descriptor: int, shape: Shape, writer_name: str) -> tuple[Mapping, Shape, Header]:
    memory = mmap.mmap(descriptor, shape.segment_size)
    now = time.monotonic_ns()
    fixed = header.build(shape, now, os.getpid(), writer_name)
    memory[: len(fixed)] = fixed
    memory[128:136] = now.to_bytes(8, "little")  # heartbeat_ns
    return Mapping(name, descriptor, memory), shape, Header(now, os.getpid(), writer_name)


def _hand_over(descriptor: int) -> None:
    """Give the group its read permission; the umask has no say in fchmod."""
    group = mapping.group_id()
    if group is not None:
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, -1, group)
    os.fchmod(descriptor, 0o640)
