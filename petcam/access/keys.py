"""The keys that sign cookies and offer tokens: systemd's credentials, else files that are made when first needed."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from petcam.access.state_file import Kind, StateFile
from petcam.errors import PetcamError

MIN_KEY_BYTES = 32
MAX_KEY_BYTES = 4096
REMEDY = "sudo systemctl restart petcam.target makes it anew; without the package, remove it first"
KINDS = {
    name: Kind(name, MAX_KEY_BYTES, effect, REMEDY, key)
    for name, effect, key in (
        ("session.key", "each restart ends all logins", "trouble.session_key"),
        ("token.key", "the streamer gives no live picture", "trouble.token_key"),
    )
}


@dataclass(frozen=True)
class SecretKey:
    """Where its file is damaged or cannot be made, ``secret`` is one that only this process knows: nothing that others
    have signed is good, and nothing that it signs is good elsewhere or later."""

    secret: bytes
    trouble: PetcamError | None = None


def secret_key(name: str, directory: Path) -> SecretKey:
    """systemd's credential ``name`` where there is one, else the file ``name`` in ``directory``, made when missing."""
    kind = KINDS[name]
    try:
        secret = _credential(kind) or StateFile(directory, kind).read(_long_enough)
        return SecretKey(secret or _make(StateFile(directory, kind)))
    except PetcamError as error:
        return SecretKey(secrets.token_bytes(MIN_KEY_BYTES), error)


def key_troubles(directory: Path) -> list[PetcamError]:
    """What is wrong with the files that are there; makes none."""
    found = [StateFile(directory, kind).trouble(_long_enough) for kind in KINDS.values()]
    return [error for error in found if error is not None]


def _credential(kind: Kind) -> bytes | None:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    return StateFile(Path(directory), kind).read(_long_enough) if directory else None


def _make(file: StateFile) -> bytes:
    """Another service may make it at the same moment: the first one's counts."""
    made = secrets.token_bytes(MIN_KEY_BYTES)
    try:
        file.write(made, exclusive=True)
    except FileExistsError:
        return file.read(_long_enough) or made
    return made


def _long_enough(data: bytes) -> bytes:
    if len(data) < MIN_KEY_BYTES:
        raise ValueError(f"is shorter than {MIN_KEY_BYTES} bytes")
    return data
