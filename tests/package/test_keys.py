"""The keys of a board: made at its first boot, mended at each start, and never shared with a copy of its card."""

from pathlib import Path

import pytest

from tests.package.appliance import PAGE_URL, STREAMER, STREAMER_URL, WEB, is_active, log_in
from tests.package.installation import Installed
from tests.package.machine import Machine, booted, eventually
from tests.package.package import Package

SECRETS = "etc/petcam/secrets"
KEYS = ("session.key", "token.key")


def keys(root: Path) -> list[bytes]:
    return [(root / SECRETS / name).read_bytes() for name in KEYS]


@pytest.mark.parametrize("damage", ["emptied", "deleted"])
def test_keys_that_a_power_cut_has_damaged_are_made_anew_by_the_next_start(machine: Machine, damage: str) -> None:
    before = keys(machine.root)
    for name in KEYS:
        path = machine.root / SECRETS / name
        path.write_bytes(b"") if damage == "emptied" else path.unlink()
    machine.run("systemctl", "restart", "petcam.target")
    eventually(lambda: is_active(machine, WEB, STREAMER) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    assert not set(before) & set(keys(machine.root))
    session = log_in(machine)
    assert machine.curl(f"{PAGE_URL}/", *session)[0] == 200
    assert '"faults"' not in machine.curl(f"{STREAMER_URL}/health")[1]


def test_a_copied_card_lets_nobody_in_by_the_cookies_of_its_twin(installed: Installed) -> None:
    with booted(*installed.layers) as machine:
        eventually(lambda: is_active(machine, WEB, STREAMER))
        session = log_in(machine)
        before = keys(machine.root)
        (machine.root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        machine.run("systemctl", "restart", "petcam.target")
        eventually(lambda: is_active(machine, WEB, STREAMER) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
        assert not set(before) & set(keys(machine.root))
        assert machine.curl(f"{PAGE_URL}/", *session)[0] == 303
        assert machine.curl(f"{PAGE_URL}/", *log_in(machine))[0] == 200


def test_an_image_that_is_built_without_systemd_holds_no_keys(base: Path, package: Package) -> None:
    with booted(base) as machine:
        (machine.root / "root/petcam.deb").write_bytes(package.path.read_bytes())
        install = "mount -t tmpfs none /run/systemd && exec apt-get install -y /root/petcam.deb"
        machine.run("unshare", "--mount", "sh", "-c", install)
        assert not (machine.root / SECRETS).exists()
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "petcam.target")
        eventually(lambda: is_active(machine, WEB, STREAMER))
        assert [len(key) for key in keys(machine.root)] == [32, 32]
