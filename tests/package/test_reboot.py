"""The services start again and recordings are intact after a reboot or a power cut."""

import pytest

from tests.package.appliance import (
    EVENTS,
    PAGE_URL,
    RECORDINGS,
    STREAMER,
    WEB,
    await_camera,
    is_active,
    log_in,
    record,
    start_feed,
)
from tests.package.machine import Machine, eventually

# A capture daemon that is not petcam's and takes a minute to start.
LATE_CAPTURE_UNIT = """\
[Service]
Type=notify
ExecStartPre=/bin/sleep 60
ExecStart=/usr/bin/petcam feed demo
[Install]
WantedBy=multi-user.target
"""


def test_all_services_are_active_after_a_reboot(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    machine.power_off()
    machine.boot()
    eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS, "petcam-feed.service", "petcam.target"))
    await_camera(machine, "live")
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"


def test_a_recording_that_a_power_cut_interrupted_is_finished(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")
    eventually(
        lambda: '"frame_count":0' not in machine.curl(f"{PAGE_URL}/api/recording/status", *session)[1].replace(" ", "")
    )
    machine.cut_power()
    machine.boot()
    eventually(lambda: machine.run("ls", RECORDINGS).strip().endswith(".mp4"))


@pytest.mark.slow
def test_after_a_reboot_the_capture_daemon_may_start_a_minute_later(machine: Machine) -> None:
    (machine.root / "etc/systemd/system/capture.service").write_text(LATE_CAPTURE_UNIT)
    machine.run("systemctl", "enable", "capture")
    machine.power_off()
    machine.boot()
    eventually(lambda: is_active(machine, WEB, STREAMER, "capture.service"), timeout=90)
    await_camera(machine, "live")
    # Newer systemds call the system up only once the daemon is.
    web, streamer, capture = (
        int(machine.property(unit, "ActiveEnterTimestampMonotonic")) for unit in (WEB, STREAMER, "capture.service")
    )
    assert max(web, streamer) < capture
    assert machine.property(WEB, "NRestarts") == machine.property(STREAMER, "NRestarts") == "0"
