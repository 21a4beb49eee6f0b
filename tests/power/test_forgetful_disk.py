"""The disk of the power cuts: what it keeps, what it forgets, and that the block server says so to its clients."""

import os
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.power.block_server import (
    FLUSH,
    FORCE_UNIT_ACCESS,
    GREETING,
    OPTION_MAGIC,
    READ,
    REQUEST_MAGIC,
    WRITE,
    BlockServer,
)
from tests.power.forgetful_disk import BLOCK_BYTES, ForgetfulDisk, PowerOff

BLOCKS = 8

NewDisk = Callable[[int], ForgetfulDisk]  # with this seed


def filled(state: int, blocks: int = 1) -> bytes:
    return bytes([state]) * BLOCK_BYTES * blocks


@pytest.fixture
def new_disk(tmp_path: Path) -> Iterator[NewDisk]:
    disks: list[ForgetfulDisk] = []

    def make(seed: int) -> ForgetfulDisk:
        (tmp_path / "medium").write_bytes(filled(0, BLOCKS))
        disks.append(ForgetfulDisk(tmp_path / "medium", random.Random(seed)))
        return disks[-1]

    yield make
    for each in disks:
        each.close()


def states(disk: ForgetfulDisk) -> list[int]:
    data = disk.read(0, disk.size)
    assert all(len(set(data[at : at + BLOCK_BYTES])) == 1 for at in range(0, disk.size, BLOCK_BYTES)), "a torn block"
    return list(data[::BLOCK_BYTES])


def cut(disk: ForgetfulDisk) -> list[int]:
    disk.cut()
    disk.restore_power()
    return states(disk)


def test_what_is_written_is_read_back_before_it_is_durable(new_disk: NewDisk) -> None:
    disk = new_disk(1)
    disk.write(BLOCK_BYTES - 2, b"words")
    assert disk.read(BLOCK_BYTES - 3, 7) == b"\0words\0"


def test_what_was_flushed_stays(new_disk: NewDisk) -> None:
    for seed in range(30):
        disk = new_disk(seed)
        disk.write(0, filled(1, BLOCKS))
        disk.flush()
        assert cut(disk) == [1] * BLOCKS


def test_what_was_forced_stays_and_nothing_older_returns(new_disk: NewDisk) -> None:
    for seed in range(30):
        disk = new_disk(seed)
        disk.write(0, filled(1, 2))
        disk.write(0, filled(2), durable=True)
        after = cut(disk)
        assert after[0] == 2 and after[1] in (0, 1)


def test_what_was_not_flushed_is_each_block_in_any_of_its_states(new_disk: NewDisk) -> None:
    seen: set[tuple[int, ...]] = set()
    for seed in range(100):
        disk = new_disk(seed)
        disk.write(0, filled(1, 2))
        disk.write(0, filled(2))
        after = cut(disk)
        seen.add(tuple(after[:2]))
        assert after[2:] == [0] * (BLOCKS - 2)
    assert seen == {(first, second) for first in (0, 1, 2) for second in (0, 1)}


def test_a_disk_without_power_takes_and_gives_nothing(new_disk: NewDisk) -> None:
    disk = new_disk(1)
    disk.write(0, filled(1))
    disk.flush()
    disk.cut_after(1)
    disk.write(0, filled(2))
    with pytest.raises(PowerOff):
        disk.flush()
    with pytest.raises(PowerOff):
        disk.read(0, 1)
    disk.restore_power()
    assert states(disk)[0] in (1, 2)


class Client:
    """What qemu says to the block server."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        assert self._received(18)[:16] == GREETING
        self.socket.sendall(struct.pack(">IQII", 3, OPTION_MAGIC, 1, 0))  # fixed newstyle, no zeroes, export name
        self.size, _ = struct.unpack(">QH", self._received(10))

    def order(self, command: int, offset: int = 0, length: int = 0, data: bytes = b"", flags: int = 0) -> None:
        self.socket.sendall(
            struct.pack(">IHHQQI", REQUEST_MAGIC, flags, command, 7, offset, length or len(data)) + data
        )

    def answer(self, length: int = 0) -> bytes:
        _, error, handle = struct.unpack(">IIQ", self._received(16))
        assert (error, handle) == (0, 7)
        return self._received(length)

    def _received(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            assert piece
            data += piece
        return data


Served = tuple[ForgetfulDisk, Client]


@pytest.fixture
def served(new_disk: NewDisk, tmp_path: Path) -> Iterator[Served]:
    disk = new_disk(1)
    path = Path(os.path.relpath(tmp_path / "socket"))  # such a path is short
    server = BlockServer(disk, path)
    client = Client(path)
    yield disk, client
    client.socket.close()
    server.close()


def test_the_server_forces_and_flushes_what_it_is_told_to(served: Served) -> None:
    disk, client = served
    assert client.size == disk.size
    for command, data, flags in ((WRITE, filled(1), FORCE_UNIT_ACCESS), (WRITE, filled(2, 2), 0), (FLUSH, b"", 0)):
        client.order(command, BLOCK_BYTES, data=data, flags=flags)
        client.answer()
    client.order(READ, BLOCK_BYTES, length=2 * BLOCK_BYTES)
    assert client.answer(2 * BLOCK_BYTES) == filled(2, 2)
    assert cut(disk)[:4] == [0, 2, 2, 0]


def test_the_server_is_silent_without_power(served: Served) -> None:
    disk, client = served
    cut_seen = threading.Event()
    disk.on_cut = cut_seen.set
    disk.cut_after(0)
    client.order(WRITE, data=filled(1))
    assert cut_seen.wait(30)
    client.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.answer()
