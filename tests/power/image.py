"""The disk of a board with petcam: a Debian with the package, as a file that a virtual machine boots from."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.package.machine import disk
from tests.package.package import Release

SIZE_BYTES = 1536 << 20
MAKERS = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-b", "4096", "-d"),
    "btrfs": ("mkfs.btrfs", "-q", "-f", "--rootdir"),
}
PROGRAMS = {"debootstrap": "debootstrap", "mkfs.ext4": "e2fsprogs", "mkfs.btrfs": "btrfs-progs"}
FILM = "/usr/local/share/film.h264"
AGENT = "/usr/local/lib/agent.py"
UPGRADES = "/usr/local/share"
AGENT_UNIT = """\
[Unit]
After=petcam.target
[Service]
ExecStart=/usr/bin/python3 -I {program} {line}
Restart=always
[Install]
WantedBy=multi-user.target
"""
# Nothing of the board's own runs beside petcam; little is to boot.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer", "serial-getty@.service")


@contextmanager
def board(root: Path, release: Release, upgrades: list[Release], film: Path, agent_line: str) -> Iterator[Path]:
    """A folder with all that a board's disk has, over the Debian in ``root``; petcam is installed and has never run."""
    with disk(root) as board:
        _run_in(board, "apt-get", "purge", "-y", "--autoremove", "python3-av")  # half of the disk; the film needs none
        files = [f"/root/{path.name}" for path in release.paths]
        for file, path in zip(files, release.paths, strict=True):
            shutil.copy(path, board / file[1:])
        _run_in(board, "dpkg", "-i", *files)
        for file in files:
            (board / file[1:]).unlink()
        for upgrade in upgrades:
            for path in upgrade.paths:
                shutil.copy(path, board / UPGRADES.lstrip("/"))
        shutil.copy(film, board / FILM.lstrip("/"))
        _configure(board, agent_line)
        yield board


def make_image(board: Path, file_system: str, image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES)
    subprocess.run([*MAKERS[file_system], board, image], check=True, stdout=subprocess.DEVNULL)


def _configure(board: Path, agent_line: str) -> None:
    config = board / "etc/petcam/petcam.yaml"
    text = config.read_text()
    for old, new in (('source: ""', f"source: {FILM}"), ("min_free_bytes: 0", "min_free_bytes: 10000000")):
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)
    shutil.copy(Path(__file__).with_name("agent.py"), board / AGENT.lstrip("/"))
    unit = board / "etc/systemd/system/agent.service"
    unit.write_text(AGENT_UNIT.format(program=AGENT, line=agent_line))
    (board / "etc/hostname").write_text("board\n")
    _run_in(board, "systemctl", "mask", *MASKED)
    _run_in(board, "systemctl", "enable", "agent.service")
    for stamp in ("etc/.updated", "var/.updated"):
        (board / stamp).touch()


def _run_in(board: Path, *command: str) -> None:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["chroot", board, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert not done.returncode, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}"
