"""The camera's sound as installed: what the owner has ended stays ended, and a microphone may be plugged in later."""

import json
from typing import Any

from tests.package.appliance import (
    FEED,
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    edit_config,
    log_in,
    reboot,
    record,
    start_feed,
    start_program,
)
from tests.package.machine import Machine, eventually

SWITCH = "/var/lib/petcam/sound.json"
MARK = b"a sound of the tests"
# Writes sound that is known again in a recording, whatever the switch says, as a vendor's daemon might.
WRITER = f"""\
import time
from petcam.shm.audio import AudioWriter
with AudioWriter("/petcam_audio") as out:
    while True:
        out.publish(b"\\xf8" + {MARK!r}, capture_ns=time.monotonic_ns(), rms_db=-30.0, peak_db=-20.0)
        time.sleep(0.02)
"""
OFF = "sound: the microphone is off"
SOUND_CARD = "/dev/snd/pcmC0D0c"

Session = tuple[str, ...]


def turn(machine: Machine, session: Session, on: bool) -> Any:
    options = ("-X", "PUT", "-H", "Content-Type: application/json", "-d", json.dumps({"on": on}))
    status, body = machine.curl(f"{PAGE_URL}/api/sound", *session, *options)
    assert status == 200, body
    return json.loads(body)


def is_on(machine: Machine, session: Session) -> Any:
    return json.loads(machine.curl(f"{PAGE_URL}/api/sound", *session)[1])["on"]


def write_sound(machine: Machine) -> None:
    start_program(machine, "writer", WRITER)
    eventually(lambda: "petcam_audio" in machine.run("ls", "/dev/shm"))


def has_sound(machine: Machine, session: Session) -> bool:
    """Whether what is recorded now has that of ``WRITER``."""
    name = record(machine, session)
    return MARK in (machine.root / RECORDINGS[1:] / name).read_bytes()


def test_sound_that_the_owner_ended_stays_ended_when_the_board_starts_again(machine: Machine) -> None:
    edit_config(machine, 'microphone: ""', "microphone: default")
    machine.run("systemctl", "restart", STREAMER, WEB)
    start_feed(machine)
    session = log_in(machine)
    assert OFF not in machine.property(FEED, "StatusText") and is_on(machine, session)
    write_sound(machine)
    eventually(lambda: has_sound(machine, session))

    assert turn(machine, session, False)["by"] == "owner"
    assert machine.run("stat", "-c", "%U:%G %a", SWITCH) == "petcam-web:petcam 640\n"
    eventually(lambda: OFF in machine.property(FEED, "StatusText"))
    assert not has_sound(machine, session)

    reboot(machine, WEB, STREAMER, FEED)
    await_camera(machine, "live")
    eventually(lambda: OFF in machine.property(FEED, "StatusText"))
    write_sound(machine)
    assert not is_on(machine, session) and not has_sound(machine, session)
    assert "ended by the owner since 20" in machine.run("petcam", "doctor", check=False)

    turn(machine, session, True)
    eventually(lambda: OFF not in machine.property(FEED, "StatusText"))
    eventually(lambda: has_sound(machine, session))


def test_a_microphone_that_is_plugged_in_later_is_seen_under_the_unit(machine: Machine) -> None:
    machine.run("mkdir", "-p", "/dev/snd")  # as a Debian with a kernel of its own has it from its start
    edit_config(machine, 'microphone: ""', "microphone: default")
    start_feed(machine)
    under_the_unit = ("nsenter", "-t", machine.property(FEED, "MainPID"), "-m")
    assert machine.run(*under_the_unit, "ls", "/dev/snd") == ""
    machine.run("touch", SOUND_CARD)  # no device: here is no sound of a kernel's
    assert machine.run(*under_the_unit, "ls", "/dev/snd") == "pcmC0D0c\n"
    assert "char-alsa" in machine.property(FEED, "DeviceAllow")
    assert "audio" in machine.property(FEED, "SupplementaryGroups")
