"""The keys of a board: made at its first boot, mended at each start, and never shared with a copy of its card."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.package.appliance import CONFIG, PAGE_URL, STREAMER, WEB, bring, health, is_active, log_in
from tests.package.installation import Installed
from tests.package.machine import Machine, booted, disk, eventually
from tests.package.package import Release

SECRETS = "etc/petcam/secrets"
KEYS = ("session.key", "token.key")
CERTIFICATE = "var/lib/petcam-streamer/tls.pem"
EARLIER_CERTIFICATE = "the key and certificate of the board that ran from the image first"


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
    assert health(machine)["faults"] == []


def test_boards_of_one_image_share_no_key_no_certificate_and_no_cookie(installed: Installed) -> None:
    with ExitStack() as stack:
        boards = [stack.enter_context(board_of_image(installed)) for _ in range(2)]
        first, second = boards
        assert len({key for board in boards for key in keys(board.root)} | set(keys(installed.layers[0]))) == 6
        certificates = [eventually(lambda board=board: made_certificate(board)) for board in boards]
        assert len({text for text in certificates} | {EARLIER_CERTIFICATE}) == 3
        session = log_in(first)
        assert first.curl(f"{PAGE_URL}/", *session)[0] == 200
        log_in(second)
        assert second.curl(f"{PAGE_URL}/", *session)[0] == 302  # to the login


@contextmanager
def board_of_image(installed: Installed) -> Iterator[Machine]:
    """Of a card that was copied after a first board had run from it; as its makers do, without the machine's id."""
    with disk(*installed.layers) as root:
        (root / "etc/machine-id").write_text("")
        (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)  # systemd would take it from there
        config = root / CONFIG
        config.write_text(config.read_text().replace("tls: off", "tls: auto"))
        certificate = root / CERTIFICATE
        certificate.parent.mkdir(exist_ok=True)
        certificate.write_text(EARLIER_CERTIFICATE)
        machine = Machine(root)
        try:
            machine.boot()
            eventually(lambda: is_active(machine, WEB, STREAMER) and machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
            yield machine
        finally:
            machine.cut_power()


def made_certificate(machine: Machine) -> str:
    return (machine.root / CERTIFICATE).read_text() if (machine.root / CERTIFICATE).exists() else ""


def test_an_image_that_is_built_without_systemd_holds_no_keys(base: Path, release: Release) -> None:
    with booted(base) as machine:
        install = 'mount -t tmpfs none /run/systemd && exec apt-get install -y --no-install-recommends "$@"'
        machine.run("unshare", "--mount", "sh", "-c", install, "install", *bring(machine, release))
        assert not (machine.root / SECRETS).exists()
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "petcam.target")
        eventually(lambda: is_active(machine, WEB, STREAMER))
        assert [len(key) for key in keys(machine.root)] == [32, 32]
