"""One password on disk: ``{"salt", "hash", "generation"}`` in hex, a scrypt hash.

``generation`` is new with each password and stands in each session, so that a changed password ends them.
Read anew each time: ``petcam password`` is another process.
"""

import hashlib
import hmac
import json
import secrets
from pathlib import Path

from petcam.access import secret_file
from petcam.errors import Code, PetcamError

SHORTEST = 8  # characters
LONGEST = 1024
SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tens of milliseconds for each try


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
        """Takes as long whether one is set or not, and whether it is right or wrong."""
        record = self._record() or {"salt": "", "hash": ""}
        digest = _hash(password[:LONGEST], bytes.fromhex(record["salt"]))
        return hmac.compare_digest(digest, bytes.fromhex(record["hash"])) and len(password) <= LONGEST

    def set(self, password: str, only_first: bool = False) -> None:
        """``only_first`` raises FileExistsError where one is set."""
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
        """None while none is set, and where the file is damaged: then nobody gets in until one is set anew."""
        try:
            record = json.loads(self._path.read_bytes())
            return {
                field: str(record[field]) for field in ("salt", "hash", "generation") if bytes.fromhex(record[field])
            }
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None


def require_good(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"the password must have {SHORTEST} to {LONGEST} characters"
        places = {"shortest": SHORTEST, "longest": LONGEST}
        raise PetcamError(Code.BAD_REQUEST, message, key="commands.password.length", **places)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT)
