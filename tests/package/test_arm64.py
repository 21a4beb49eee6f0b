"""The arm64 package installs, starts and answers on an arm64 Debian that qemu-user emulates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.appliance import PAGE_URL, STREAMER, STREAMER_URL, WEB, apt, failed_units, is_active
from tests.package.machine import Machine, booted, debian_root, eventually
from tests.package.package import Release

# Switches off the sandboxing that needs kernel interfaces which qemu-user does not emulate.
EMULATED_UNIT = (
    "[Service]\nPrivateUsers=no\nLoadCredential=\nSetCredential=\nSystemCallFilter=\nMemoryDenyWriteExecute=no\n"
    "PrivateNetwork=no\nMemoryMax=infinity\n"
)


pytestmark = pytest.mark.skipif(
    not Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists(), reason="arm64 programs do not run here: no binfmt_misc"
)


@pytest.fixture
def board() -> Iterator[Machine]:
    with booted(debian_root("bookworm", "arm64")) as board:
        for unit in ("petcam-keys.service", "petcam-announce.service", WEB, STREAMER):
            drop_in: Path = board.root / f"etc/systemd/system/{unit}.d/emulated.conf"
            drop_in.parent.mkdir()
            drop_in.write_text(EMULATED_UNIT)
        key: Path = (
            board.root / "var/lib/petcam-streamer/token.key"
        )  # which it would otherwise get as a credential of systemd
        key.parent.mkdir()
        key.write_bytes(bytes(32))
        yield board


def test_it_installs_and_answers(board: Machine) -> None:
    apt(board, Release.built("arm64"))
    eventually(lambda: is_active(board, WEB, STREAMER), timeout=120)
    assert "petcam" not in failed_units(board)  # some of systemd's own units fail under emulation
    answers = [board.curl(url)[0] for url in (f"{PAGE_URL}/", f"{PAGE_URL}/healthz", f"{STREAMER_URL}/health")]
    assert answers == [302, 200, 200]
