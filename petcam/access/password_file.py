"""One password on disk as a scrypt hash: ``{"salt", "hash", "generation"}``, each in hex.

``generation`` is new with each password and stored in each session, so that a changed password ends the sessions.
The file is read again for each question, because ``petcam password`` changes it from another process.
"""

import hashlib
import hmac
import json
import secrets
from pathlib import Path

from petcam.access import secret_file
from petcam.errors import Code, PetcamError

MIN_LENGTH = 8  # characters
MAX_LENGTH = 1024
SCRYPT_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tens of milliseconds for each hash


class PasswordFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def is_set(self) -> bool:
        return self._path.exists()

    def generation(self) -> str:
        """Empty while no password is set."""
        record = self._record()
        return record["generation"] if record else ""

    def matches(self, password: str) -> bool:
        """Takes the same time whether a password is set or not, and whether this one is right or wrong."""
        record = self._record() or {"salt": "", "hash": ""}
        digest = _hash(password[:MAX_LENGTH], bytes.fromhex(record["salt"]))
        return hmac.compare_digest(digest, bytes.fromhex(record["hash"])) and len(password) <= MAX_LENGTH

    def set(self, password: str, only_first: bool = False) -> None:
        """With ``only_first``, raises FileExistsError where a password is set already."""
        salt = secrets.token_bytes(16)
        record = {
            "salt": salt.hex(),
            "hash": _hash(password, salt).hex(),
            "generation": secrets.token_hex(16),
        }
        secret_file.write_private(self._path, json.dumps(record).encode(), exclusive=only_first)

    def remove(self) -> None:
        secret_file.remove(self._path)

    def _record(self) -> dict[str, str] | None:
        """None while no password is set, and where the file is damaged: then nobody gets in until a new one is set."""
        try:
            record = json.loads(self._path.read_bytes())
            return {
                field: str(record[field]) for field in ("salt", "hash", "generation") if bytes.fromhex(record[field])
            }
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None


def require_valid_length(password: str) -> None:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"the password must have {MIN_LENGTH} to {MAX_LENGTH} characters"
        places = {"shortest": MIN_LENGTH, "longest": MAX_LENGTH}
        raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.length", **places)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT_COST)
