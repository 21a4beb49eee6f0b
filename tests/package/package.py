"""The built package, and copies of it with other version numbers."""

import os
import subprocess
from functools import cached_property
from pathlib import Path

TOP = Path(__file__).parents[2]
DIST = Path(os.environ.get("PETCAM_DIST", TOP / "dist"))


class Package:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def built(cls, architecture: str) -> "Package":
        (path,) = DIST.glob(f"petcam_*_{architecture}.deb")
        return cls(path)

    @classmethod
    def of_the_model(cls) -> "Package | None":
        """None where the model could not be had when the packages were built."""
        return next(map(cls, DIST.glob("petcam-model-pets_*_all.deb")), None)

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
        return self._packed(self.unpack(folder / version), version, folder)

    def without_events(self, version: str, folder: Path) -> "Package":
        """As it was before petcam-events."""
        tree = self.unpack(folder / version)
        units = tree / "usr/lib/systemd/system"
        (units / "petcam-events.service").unlink()
        target = units / "petcam.target"
        target.write_text(target.read_text().replace(" petcam-events.service", ""))
        for script in (tree / "DEBIAN").glob("p*"):
            lines = script.read_text().splitlines(keepends=True)
            script.write_text("".join(line.replace("petcam-events.service", "") for line in lines))
        return self._packed(tree, version, folder)

    def _packed(self, tree: Path, version: str, folder: Path) -> "Package":
        control = tree / "DEBIAN" / "control"
        version_line = f"\nVersion: {self.version}\n"
        control.write_text(control.read_text().replace(version_line, f"\nVersion: {version}\n"))
        path = folder / f"petcam_{version}.deb"
        subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, path], check=True, capture_output=True)
        return Package(path)
