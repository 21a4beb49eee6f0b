"""What virtual machines boot besides their disk."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.package.machine import cache

# Switches on the cache of the disk, which vhost-user's is off at first, and goes on with what is on the disk.
INIT = """\
#!/bin/busybox sh
export PATH=/bin
busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox insmod /virtio_blk.ko
echo "write back" >/sys/block/vda/cache_type
for word in $(busybox cat /proc/cmdline); do
  case $word in rootfstype=*) type=${word#*=} ;; esac
done
busybox mount -t "$type" /dev/vda /root
busybox umount /proc /sys
exec busybox switch_root /root /sbin/init
"""
MODULES = Path("/usr/lib/uml/modules")


def make_initramfs(path: Path) -> None:
    """What user-mode Linux begins with, as virtio's block device is a module of it."""
    busybox, (module,) = shutil.which("busybox"), MODULES.glob("*/kernel/drivers/block/virtio_blk.ko")
    assert busybox is not None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("bin", "dev", "proc", "sys", "root"):
            (root / name).mkdir()
        shutil.copy(busybox, root / "bin/busybox")
        shutil.copy(module, root)
        (root / "init").write_text(INIT)
        (root / "init").chmod(0o755)
        with path.open("wb") as file:
            archive = "busybox find . | busybox cpio -o -H newc"
            subprocess.run(archive, shell=True, cwd=root, stdout=file, stderr=subprocess.DEVNULL, check=True)


def cloud_kernel() -> Path:
    """Debian's kernel for virtual machines, which has NVMe and ext4 built in; fetched once and kept in the cache."""
    kept = cache() / "vmlinuz-cloud-amd64"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            find = ["apt-cache", "depends", "--important", "linux-image-cloud-amd64"]
            depends = subprocess.run(find, check=True, stdout=subprocess.PIPE, text=True).stdout
            download = ["apt-get", "download", "-q", depends.split("Depends: ")[1].split()[0]]
            quiet = subprocess.DEVNULL
            subprocess.run(download, cwd=folder, check=True, stdout=quiet, stderr=quiet)
            (package,) = Path(folder).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
            (image,) = Path(folder).glob("boot/vmlinuz-*")
            shutil.copy(image, kept.with_suffix(".new"))
            kept.with_suffix(".new").rename(kept)
    return kept
