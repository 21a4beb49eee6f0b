"""One password on disk as a scrypt hash: ``{"salt", "hash", "generation"}``, each in hex (docs/state.md).

``generation`` is new with each password and stored in each session, so that a changed password ends the sessions.
The file is read again for each question, because ``petcam password`` changes it from another process.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from petcam.access.state_file import Document, Kind, StateFile, require_keys, text_of, unsealed
from petcam.errors import Code, PetcamError

MIN_LENGTH = 8  # characters
MAX_LENGTH = 1024
MAX_FILE_BYTES = 4096
SCRYPT_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tens of milliseconds for each hash
OWNERS = Kind(
    "owner.json",
    MAX_FILE_BYTES,
    "nobody can log in",
    "set the password anew with sudo petcam password",
    "trouble.owner",
    "sudo petcam password",
)
VIEWERS = Kind(
    "viewer.json",
    MAX_FILE_BYTES,
    "nobody can log in with the viewing password",
    "set it anew with sudo petcam password --viewer, or give it up with --viewer --remove",
    "trouble.viewer",
    "sudo petcam password --viewer",
)


@dataclass(frozen=True)
class PasswordRecord:
    salt: str
    hash: str
    generation: str


NO_RECORD = PasswordRecord("", "", "")  # no hash is empty, so no password matches it


class PasswordFile:
    """Safe in any thread."""

    def __init__(self, directory: Path, kind: Kind) -> None:
        self._file = StateFile(directory, kind)
        self._withdrawn = ""  # the generation that was removed here, though the disk kept it

    def is_set(self) -> bool:
        """True also where the file is damaged, or where it cannot be told."""
        return self._file.exists()

    def generation(self) -> str:
        """Empty while no password is set. Raises ``STATE_DAMAGED``."""
        return self._record().generation

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(_parse)

    def matches(self, password: str) -> bool:
        """Takes the same time whether a password is set or not, and whether this one is right or wrong. Where the file
        is damaged no password is right."""
        try:
            record = self._record()
        except PetcamError:
            record = NO_RECORD
        digest = _hash(password[:MAX_LENGTH], bytes.fromhex(record.salt))
        return hmac.compare_digest(digest, bytes.fromhex(record.hash)) and len(password) <= MAX_LENGTH

    def set(self, record: PasswordRecord, only_first: bool = False) -> None:
        """Raises as :meth:`StateFile.write` does: with ``only_first``, FileExistsError where anything is there."""
        self._file.write_document(asdict(record), exclusive=only_first)

    def remove(self) -> None:
        """It lets nobody in from now on. Raises as :meth:`StateFile.remove` does: then it may, after a restart."""
        try:
            removed = self._record().generation
        except PetcamError:
            removed = ""
        try:
            self._file.remove()
        except PetcamError:
            self._withdrawn = removed
            raise

    def _record(self) -> PasswordRecord:
        """NO_RECORD while no password is set. Raises ``STATE_DAMAGED``."""
        record = self._file.read(_parse)
        return NO_RECORD if record is None or record.generation == self._withdrawn else record


def make_record(password: str) -> PasswordRecord:
    salt = secrets.token_bytes(16)
    return PasswordRecord(salt.hex(), _hash(password, salt).hex(), secrets.token_hex(16))


def require_valid_length(password: str) -> None:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"the password must have {MIN_LENGTH} to {MAX_LENGTH} characters"
        places = {"shortest": MIN_LENGTH, "longest": MAX_LENGTH}
        raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.length", **places)


def _parse(data: bytes) -> PasswordRecord:
    row: Document = require_keys(unsealed(data), "salt", "hash", "generation")
    hex_of_32_and_128 = (("salt", 32), ("hash", 128), ("generation", 32))
    return PasswordRecord(*(text_of(row, name, f"[0-9a-f]{{{digits}}}") for name, digits in hex_of_32_and_128))


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT_COST)
