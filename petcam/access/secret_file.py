"""Secret files: keys that are made when first needed, and writing that is atomic and private."""

import os
import secrets
from pathlib import Path

MIN_KEY_BYTES = 32


def secret_key(name: str, directory: Path) -> bytes:
    """systemd's credential ``name`` where there is one, else the file ``name`` in ``directory``, made when missing."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    for path in ([Path(credentials) / name] if credentials else []) + [directory / name]:
        if path.is_file() and path.stat().st_size >= MIN_KEY_BYTES:
            return path.read_bytes()
    write_private(directory / name, secrets.token_bytes(MIN_KEY_BYTES))
    return (directory / name).read_bytes()


def write_private(path: Path, data: bytes, exclusive: bool = False, mode: int = 0o600) -> None:
    """Write atomically; ``sudo petcam password`` writes for the service, so the directory's owner gets the file.

    With ``exclusive``, raises FileExistsError where the file exists.
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
    _sync(path.parent)  # so that the new name, too, outlives a power cut


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
