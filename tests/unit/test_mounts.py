"""The file system that a path lies on."""

from pathlib import Path

import pytest

from petcam.system import mounts
from petcam.system.mounts import Mount, innermost

MOUNTINFO = r"""
22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
23 22 8:2 / /srv/my\040cam rw shared:2 - vfat /dev/sdb1 rw
24 23 8:3 / /srv/my\040cam rw - exfat /dev/sdc1 rw
25 22 8:4 / /srv/my rw - ext4 /dev/sdd1 rw
26 22 0:50 / /var/lib rw - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root\040rw/up,workdir=/w
""".strip()
ROOT = Path("/")


def test_it_is_the_innermost_and_the_latest():
    assert innermost(Path("/srv/my cam/films"), MOUNTINFO) == Mount(Path("/srv/my cam"), "exfat", "/dev/sdc1", "rw")
    assert innermost(Path("/srv/my camera"), MOUNTINFO) == Mount(ROOT, "ext4", "/dev/sda1", "rw")


@pytest.mark.parametrize(
    ("here", "upper", "forgets"),
    [
        (Mount(ROOT, "ext4", "/dev/sda1"), None, False),
        (Mount(ROOT, "tmpfs", "tmpfs"), None, True),
        (Mount(ROOT, "ramfs", "ramfs"), None, True),
        (innermost(Path("/var/lib/petcam"), MOUNTINFO), Mount(ROOT, "tmpfs", "tmpfs"), True),
        (innermost(Path("/var/lib/petcam"), MOUNTINFO), Mount(ROOT, "ext4", "/dev/sda1"), False),
        (innermost(Path("/var/lib/petcam"), MOUNTINFO), None, False),  # out of sight, as in a container
        (Mount(ROOT, "overlay", "overlay", "ro,lowerdir=/a:/b"), Mount(ROOT, "tmpfs", "tmpfs"), False),
    ],
)
def test_an_overlay_forgets_where_its_upper_layer_is_in_memory(tmp_path, monkeypatch, here, upper, forgets):
    seen = {tmp_path: here, Path("/media/root rw/up"): upper}
    monkeypatch.setattr(mounts, "mount_of", seen.get)
    monkeypatch.setattr(mounts.os.path, "isdir", lambda path: seen[path] is not None)
    assert mounts.is_volatile(tmp_path) is forgets


def test_what_is_not_there_would_be_in_the_mount_of_its_parent(tmp_path):
    assert mounts.mount_of(tmp_path / "missing" / "too") == mounts.mount_of(tmp_path)


def test_a_link_in_a_circle_is_in_the_mount_of_its_folder(tmp_path):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert mounts.mount_of(tmp_path / "circle") == mounts.mount_of(tmp_path)
