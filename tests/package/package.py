"""The built packages, and copies of them with other version numbers."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TOP = Path(__file__).parents[2]
DIST = Path(os.environ.get("PETCAM_DIST", TOP / "dist"))


class Package:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def built(cls, name: str, architecture: str) -> "Package":
        (path,) = DIST.glob(f"{name}_*_{architecture}.deb")
        return cls(path)

    @classmethod
    def of_the_model(cls) -> "Package | None":
        """None where the model could not be had when the packages were built."""
        return next(map(cls, DIST.glob("petcam-model-pets_*_all.deb")), None)

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path,)

    @property
    def name(self) -> str:
        return self.path.name.partition("_")[0]

    @cached_property
    def files(self) -> list[str]:
        """Absolute paths; folders end with a slash."""
        listing = subprocess.run(["dpkg-deb", "-c", self.path], check=True, capture_output=True, text=True).stdout
        return [line.split(maxsplit=5)[5].partition(" -> ")[0][1:] for line in listing.splitlines()]

    @cached_property
    def version(self) -> str:
        completed = subprocess.run(["dpkg-deb", "-f", self.path, "Version"], check=True, capture_output=True, text=True)
        return completed.stdout.strip()

    def unpack(self, folder: Path) -> Path:
        """Unpack its files, and its control files into ``DEBIAN``."""
        subprocess.run(["dpkg-deb", "-R", self.path, folder], check=True)
        return folder

    def as_version(self, version: str, folder: Path) -> "Package":
        """The same package with another version number, for upgrades and downgrades."""
        return self.packed(self.unpack(folder / f"{self.name}-{version}"), version, folder)

    def packed(self, tree: Path, version: str, folder: Path) -> "Package":
        """What was unpacked into ``tree``, as a package again. What it has to do with its own version follows."""
        control = tree / "DEBIAN" / "control"
        control.write_text(_of_version(control.read_text(), self.version, version))
        path = folder / f"{self.name}_{version}.deb"
        subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, path], check=True, capture_output=True)
        return Package(path)


def _of_version(control: str, old: str, new: str) -> str:
    control = control.replace(f"\nVersion: {old}\n", f"\nVersion: {new}\n")
    return control.replace(f"petcam-streamer (= {old})", f"petcam-streamer (= {new})")


@dataclass(frozen=True)
class Release:
    """The two packages of one version."""

    streamer: Package
    petcam: Package

    @classmethod
    def built(cls, architecture: str) -> "Release":
        return cls(Package.built("petcam-streamer", architecture), Package.built("petcam", architecture))

    @property
    def packages(self) -> tuple[Package, Package]:
        return (self.streamer, self.petcam)

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(package.path for package in self.packages)

    @property
    def version(self) -> str:
        return self.petcam.version

    def as_version(self, version: str, folder: Path) -> "Release":
        return Release(self.streamer.as_version(version, folder), self.petcam.as_version(version, folder))

    def as_one(self, version: str, folder: Path) -> Package:
        """As petcam was before it became two packages."""
        tree, petcam = (package.unpack(folder / f"one-{package.name}") for package in self.packages)
        for script in ("postinst", "prerm", "postrm"):
            both = [(each / "DEBIAN" / script).read_text() for each in (tree, petcam)]
            (petcam / "DEBIAN" / script).write_text("\n".join(both))
        control = petcam / "DEBIAN/control"
        control.write_text(control.read_text().replace(f" petcam-streamer (= {self.version}),", ""))
        (petcam / "DEBIAN/md5sums").unlink()
        shutil.copytree(petcam, tree, symlinks=True, dirs_exist_ok=True)
        return self.petcam.packed(tree, version, folder)


def without_events(package: Package, version: str, folder: Path) -> Package:
    """``petcam`` as it was before petcam-events."""
    tree = package.unpack(folder / f"without-events-{version}")
    units = tree / "usr/lib/systemd/system"
    for path in (units / "petcam-events.service", units / "petcam.target.wants/petcam-events.service"):
        path.unlink()
    for script in (tree / "DEBIAN").glob("p*"):
        lines = script.read_text().splitlines(keepends=True)
        script.write_text("".join(line.replace("petcam-events.service", "") for line in lines))
    return package.packed(tree, version, folder)
