"""Keys and other secrets on disk, and how they are written."""

import os
import secrets
from pathlib import Path

SHORTEST_KEY = 32  # bytes


def secret_key(name: str, directory: Path) -> bytes:
    """What systemd handed over as the credential ``name``, else that file of ``directory``, made at the first call."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    for path in ([Path(credentials) / name] if credentials else []) + [directory / name]:
        if path.is_file() and path.stat().st_size >= SHORTEST_KEY:
            return path.read_bytes()
    write_private(directory / name, secrets.token_bytes(SHORTEST_KEY))
    return (directory / name).read_bytes()


def write_private(path: Path, data: bytes, exclusive: bool = False, mode: int = 0o600) -> None:
    """Whole or not at all, and the directory's owner's: ``sudo petcam password`` writes for the service.

    ``exclusive`` raises FileExistsError where the file is there.
    """
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
            if os.geteuid() == 0:
                parent = path.parent.stat()
                os.fchown(fd, parent.st_uid, parent.st_gid)
            os.fchmod(fd, mode)  # whatever the umask
        (os.link if exclusive else os.replace)(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)  # the new name too must outlive a power cut


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
