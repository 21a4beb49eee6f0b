"""Recordings' own disk is not mounted: nothing is recorded in its place, everybody says so, and once it is mounted all
goes on without a restart."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.package.appliance import (
    CONFIG,
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    edit_config,
    health,
    is_active,
    log_in,
    record,
    start_feed,
)
from tests.package.machine import Machine, eventually

DISK_BYTES = 200 << 20
USB = "/mnt/usb"
Session = tuple[str, ...]


@contextmanager
def disk(machine: Machine, folder: Path) -> Iterator[str]:
    """An ext4 that belongs to petcam, on a loop device of this computer; gives the device's name."""
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    command = ["losetup", "--find", "--show", image]
    device = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    try:
        yield device
    finally:
        machine.cut_power()
        subprocess.run(["losetup", "--detach", device], check=True)


def plug_in(machine: Machine, device: str) -> None:
    machine.run("mknod", "-m", "600", device, "b", "7", device.removeprefix("/dev/loop"))


def give_to_petcam(machine: Machine, folder: str) -> None:
    machine.run("install", "-d", "-o", "petcam", "-g", "petcam", "-m", "2770", folder)


def add_to_fstab(machine: Machine, device: str, point: str) -> None:
    """systemd leaves out fstab's devices in a container, and so does not mount it at boot; mount(8) reads it."""
    with (machine.root / "etc/fstab").open("a") as fstab:
        fstab.write(f"{device} {point} ext4 defaults,nofail 0 2\n")


def reason(machine: Machine) -> str:
    return str(health(machine).get("recording_reason"))


def list_names(machine: Machine, session: Session) -> set[str]:
    status, body = machine.curl(f"{PAGE_URL}/api/recordings", *session)
    assert status == 200, body
    return {row["name"] for row in json.loads(body)["recordings"]}


def what_is_below(machine: Machine) -> str:
    return machine.run("find", RECORDINGS, USB, "-printf", "%p %s %T@\n")


def refuse(machine: Machine, session: Session, *words: str) -> str:
    """Asserts that everybody says these words, and that nothing is made; gives the remedy that doctor prints."""
    before = what_is_below(machine)
    eventually(lambda: reason(machine) == "Disk not mounted")
    status, body = machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")
    answer = json.loads(body)
    assert (status, answer["reason"]) == (507, "Disk not mounted"), body
    assert all(word in answer["message"] for word in words), body
    status, body = machine.curl(f"{PAGE_URL}/api/recordings", *session)
    assert (status, json.loads(body)["error"]) == (503, "Disk not mounted"), body
    assert machine.curl(f"{PAGE_URL}/recordings", *session)[0] == 200
    assert health(machine)["faults"] == [answer["message"]]
    doctor = machine.run("petcam", "doctor", check=False)
    assert doctor.count(answer["message"]) == 1 and "GiB free for" not in doctor, doctor
    eventually(lambda: "the disk of the recordings is not mounted" in machine.property(STREAMER, "StatusText"))
    assert what_is_below(machine) == before
    return str(answer["message"])


def type_remedy(machine: Machine, message: str) -> None:
    """What stands behind the last colon, as root."""
    machine.run("sh", "-ec", message.rpartition(": ")[2].replace("sudo ", ""))


def test_nothing_is_recorded_in_place_of_a_disk_that_is_not_mounted(machine: Machine, tmp_path: Path) -> None:
    edit_config(machine, "min_free_bytes: 0", "min_free_bytes: 1000000")
    machine.run("mkdir", USB)
    with disk(machine, tmp_path) as device:
        add_to_fstab(machine, device, RECORDINGS)
        plug_in(machine, device)
        machine.run("mount", RECORDINGS)
        give_to_petcam(machine, RECORDINGS)
        machine.run("systemctl", "restart", "petcam.target")
        start_feed(machine)
        first = record(machine, log_in(machine))

        machine.power_off()
        machine.boot()
        eventually(lambda: is_active(machine, WEB, STREAMER))
        session = log_in(machine)
        await_camera(machine, "live")
        refuse(machine, session, "/etc/fstab", f"sudo mount {RECORDINGS}")
        plug_in(machine, device)
        machine.run("mount", RECORDINGS)
        eventually(lambda: reason(machine) == "")
        assert list_names(machine, session) == {first}
        second = record(machine, session)
        assert list_names(machine, session) == {first, second}

        # It is pulled between two recordings, and fstab does not name it: then only the marks can tell.
        (machine.root / "etc/fstab").write_text("")
        machine.run("umount", RECORDINGS)
        message = refuse(machine, session, f"is not mounted on {RECORDINGS}, or another is")
        assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]
        type_remedy(machine, message)  # the owner wants to go on without it
        eventually(lambda: reason(machine) == "")
        await_camera(machine, "live")
        third = record(machine, session)
        assert list_names(machine, session) == {third}
        machine.run("mount", device, RECORDINGS)
        fourth = record(machine, session)
        assert list_names(machine, session) == {first, second, fourth}


def test_another_folder_for_disks_is_refused_until_one_is_mounted_there(machine: Machine, tmp_path: Path) -> None:
    edit_config(machine, "min_free_bytes: 0", "min_free_bytes: 1000000")
    edit_config(machine, f"directory: {RECORDINGS}", f"directory: {USB}/recordings")
    assert f"{USB}/recordings" in (machine.root / CONFIG).read_text()
    for unit in (WEB, STREAMER):
        drop_in = machine.root / f"etc/systemd/system/{unit}.d/disk.conf"
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(f"[Service]\nReadWritePaths=-{USB}\n")
    machine.run("mkdir", USB)
    with disk(machine, tmp_path) as device:
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "petcam.target")
        session = log_in(machine)
        start_feed(machine)
        refuse(machine, session, "No disk is mounted")
        plug_in(machine, device)
        machine.run("mount", device, USB)
        give_to_petcam(machine, f"{USB}/recordings")
        eventually(lambda: reason(machine) == "")
        first = record(machine, session)
        machine.run("umount", USB)
        refuse(machine, session, f"is not mounted on {USB}, or another is")
        machine.run("mount", device, USB)
        eventually(lambda: reason(machine) == "")
        assert list_names(machine, session) == {first}
        assert record(machine, session) in list_names(machine, session)
        assert [machine.property(unit, "NRestarts") for unit in (WEB, STREAMER)] == ["0", "0"]
