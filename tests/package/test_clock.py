"""A board without a real-time clock starts in 1970 and gets the right time later.

A container has its host's clock, so this test boots user-mode Linux (a kernel that runs as a program) on the same disk.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.package.appliance import CONFIG, RECORDINGS
from tests.package.installation import Installed
from tests.package.machine import TIMEOUT_FACTOR, disk

KERNEL = "linux.uml"
PROBE = Path(__file__).with_name("clock_probe.py")
# systemd moves the clock to the year of its build at boot; this unit sets it back to 1970.
OLD_CLOCK = """\
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/date -s @100
[Install]
WantedBy=sysinit.target
"""
RUN_PROBE = """\
[Unit]
After=petcam.target
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /root/probe.py
StandardOutput=file:/root/seen.json
ExecStopPost=/usr/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which(KERNEL) is None, reason=f"needs {KERNEL}, which user-mode-linux brings")
def test_it_starts_in_1970_and_continues_when_the_clock_is_set(installed: Installed) -> None:
    with disk(*installed.layers) as root:
        config = root / CONFIG
        text = config.read_text().replace('source: ""', "source: demo")
        config.write_text(text.replace("min_free_bytes: 0", "min_free_bytes: 1000000"))
        recordings_in_memory(root)
        enable(root, "old-clock", OLD_CLOCK)
        enable(root, "probe", RUN_PROBE)
        shutil.copy(PROBE, root / "root/probe.py")
        console = boot_until_off(root)
        result = json.loads((root / "root/seen.json").read_text() or "{}")
        assert result, console[-3000:]
        assert result["year"] == 1970
        assert result["recorded"] > 100_000  # bytes
        assert result["states"] == ["active", "active", "active"]
        assert result["restarts"] == ["0", "0", "0"]
        assert result["failed"] == ""


def recordings_in_memory(root: Path) -> None:
    """Mount a tmpfs for the recordings: hostfs, which shows the host's files, lacks features that they need."""
    (entry,) = (
        line.split(":") for line in (root / "etc/passwd").read_text().splitlines() if line.startswith("petcam:")
    )
    options = f"size=100m,mode=2770,uid={entry[2]},gid={entry[3]}"
    (root / "etc/fstab").write_text(f"tmpfs {RECORDINGS} tmpfs {options} 0 0\n")


def enable(root: Path, unit: str, text: str) -> None:
    (root / f"etc/systemd/system/{unit}.service").write_text(text)
    subprocess.run(["systemctl", f"--root={root}", "enable", "-q", unit], check=True)


def boot_until_off(root: Path) -> str:
    """Boot the machine and wait until it powers off; returns what the kernel and systemd print."""
    root_options = ("rootfstype=hostfs", f"rootflags={root}", "rw")
    kernel_options = ("mem=512M", "con=null", "con0=null,fd:1", "systemd.unified_cgroup_hierarchy=1")
    completed = subprocess.run(
        [KERNEL, *root_options, *kernel_options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=180 * TIMEOUT_FACTOR,
    )
    return completed.stdout.decode(errors="replace")
