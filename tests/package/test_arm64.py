"""The arm64 package on an arm64 Debian, emulated by qemu-user: that it installs, starts and answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.appliance import MEDIA, PAGE, STREAMER, WEB, apt, failed_units, is_active
from tests.package.machine import Machine, booted, eventually, root_of
from tests.package.package import Package

# What qemu-user does not know of the kernel's interfaces.
EMULATED = (
    "[Service]\nPrivateUsers=no\nLoadCredential=\nSystemCallFilter=\nMemoryDenyWriteExecute=no\nMemoryMax=infinity\n"
)


pytestmark = pytest.mark.skipif(
    not Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists(), reason="arm64 programs do not run here: no binfmt_misc"
)


@pytest.fixture
def board() -> Iterator[Machine]:
    with booted(root_of("bookworm", "arm64")) as board:
        for unit in (WEB, STREAMER):
            drop_in: Path = board.root / f"etc/systemd/system/{unit}.d/emulated.conf"
            drop_in.parent.mkdir()
            drop_in.write_text(EMULATED)
        key: Path = board.root / "var/lib/petcam-streamer/token.key"  # which it would get as a credential
        key.parent.mkdir()
        key.write_bytes(bytes(32))
        yield board


def test_it_installs_and_answers(board: Machine) -> None:
    apt(board, Package.built("arm64"))
    eventually(lambda: is_active(board, WEB, STREAMER), timeout=120)
    assert "petcam" not in failed_units(board)  # some of systemd's own do fail
    answers = [board.curl(url)[0] for url in (f"{PAGE}/", f"{PAGE}/healthz", f"{MEDIA}/health")]
    assert answers == [302, 200, 200]
