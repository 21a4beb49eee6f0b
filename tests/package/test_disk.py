"""The disk with the recordings is pulled out while one is written, and put in again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.package.appliance import (
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    edit_config,
    is_active,
    log_in,
    record,
    start_feed,
)
from tests.package.machine import Machine, eventually

DISK_BYTES = 200 << 20


class Disk:
    """An ext4 on a loop device. That cannot vanish while it is mounted, but it can lose all its blocks at once."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self._machine, self._image = machine, folder / "disk.img"
        self._devices: list[str] = []  # the newest last
        with self._image.open("wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)

    def put_in(self) -> None:
        """Mount it as the folder of recordings."""
        command = ["losetup", "--find", "--show", self._image]
        device = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self._devices.append(device)
        self._machine.run("mknod", "-m", "600", device, "b", "7", device.removeprefix("/dev/loop"))
        self._machine.run("mount", device, RECORDINGS)
        self._machine.run("chown", "petcam:petcam", RECORDINGS)
        self._machine.run("chmod", "2770", RECORDINGS)

    def pull_out(self) -> None:
        """From now on each access to the device fails; what had been written to it stays for the next time."""
        kept = self._image.with_suffix(".kept")
        subprocess.run(["cp", "--sparse=always", self._image, kept], check=True)
        with self._image.open("r+b") as file:
            file.truncate(0)
        subprocess.run(["losetup", "--set-capacity", self._devices[-1]], check=True)
        kept.replace(self._image)

    def clear_away(self) -> None:
        """What systemd does once the kernel has told it that the device is gone."""
        self._machine.run("umount", "--lazy", RECORDINGS)
        self._machine.run("rm", self._devices[-1])

    def close(self) -> None:
        """The kernel lets a device go once nothing has it mounted any more."""
        for device in self._devices:
            subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def disk(machine: Machine, tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path, machine)
    try:
        yield disk
    finally:
        machine.cut_power()
        disk.close()


def test_a_recording_ends_with_a_reason_and_another_begins_once_the_disk_is_back(machine: Machine, disk: Disk) -> None:
    edit_config(machine, "min_free_bytes: 0", "min_free_bytes: 1000000")
    disk.put_in()
    machine.run("systemctl", "restart", "petcam.target")
    session = log_in(machine)
    start_feed(machine)
    first = record(machine, session)
    assert machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")[0] == 200
    eventually(lambda: status(machine, session)["frame_count"] > 30)
    disk.pull_out()
    eventually(lambda: not status(machine, session)["recording"])
    assert status(machine, session)["reason"] in ("Disk fault", "Disk read-only")
    assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
    disk.clear_away()
    disk.put_in()
    second = record(machine, session)
    assert {first, second} <= set(machine.run("ls", RECORDINGS).splitlines())
    assert machine.curl(f"{PAGE_URL}/api/recordings/{second}", *session, "-r", "4-7")[1] == "ftyp"
    assert is_active(machine, WEB, STREAMER)
    assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]


def status(machine: Machine, session: tuple[str, ...]) -> Any:
    return json.loads(machine.curl(f"{PAGE_URL}/api/recording/status", *session)[1])
