"""Everything is back by itself after a reboot or a power cut."""

from appliance import (
    PAGE,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    is_active,
    log_in,
    record,
    start_capture_daemon,
    start_feed,
)
from machine import Machine, eventually


def test_everything_is_back_after_a_reboot(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    machine.power_off()
    machine.boot()
    eventually(lambda: is_active(machine, WEB, STREAMER, "petcam-feed.service", "petcam.target"))
    await_camera(machine, "live")
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_a_recording_that_a_power_cut_left_is_finished(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    machine.curl(f"{PAGE}/api/recording/start", *session, "-X", "POST")
    eventually(
        lambda: '"frame_count":0' not in machine.curl(f"{PAGE}/api/recording/status", *session)[1].replace(" ", "")
    )
    machine.cut_power()
    machine.boot()
    eventually(lambda: machine.run("ls", RECORDINGS).strip().endswith(".mp4"))


def test_a_capture_daemon_may_come_long_after_the_services(machine: Machine) -> None:
    await_camera(machine, "waiting")
    assert is_active(machine, WEB, STREAMER)
    start_capture_daemon(machine)
    await_camera(machine, "live")
