"""The owner: a password kept as a scrypt hash, and the key that signs sessions. Both live in the state directory.

``owner.json`` is ``{"salt", "hash", "generation"}`` in hex; ``generation`` is new with each password and stands in
each session, so that a changed password ends them all. Read anew each time: ``petcam password`` is another process.
"""

import hashlib
import hmac
import json
import secrets
import threading
from pathlib import Path

from petcam.web import secret_file

SHORTEST = 8  # characters
LONGEST = 1024
SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tens of milliseconds for each try


class Owner:
    def __init__(self, directory: Path) -> None:
        self._password_file = directory / "owner.json"
        self._directory = directory
        self._one_at_a_time = threading.Lock()  # a hash takes 16 MiB: forty at once would be 640

    def generation(self) -> str:
        """Of the password; empty while none is set."""
        record = self._record()
        return record["generation"] if record else ""

    def verify(self, password: str) -> bool:
        record = self._record()
        if record is None or len(password) > LONGEST:
            return False
        return hmac.compare_digest(self._hash(password, bytes.fromhex(record["salt"])), bytes.fromhex(record["hash"]))

    def set_password(self, password: str) -> None:
        """Raises ValueError, with words for people, for a password that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValueError(f"the password must have {SHORTEST} to {LONGEST} characters")
        salt = secrets.token_bytes(16)
        record = {"salt": salt.hex(), "hash": self._hash(password, salt).hex(), "generation": secrets.token_hex(16)}
        secret_file.write_private(self._password_file, json.dumps(record).encode())

    def session_key(self) -> bytes:
        """Signs the cookies; made at the first call."""
        return secret_file.key("session.key", self._directory)

    def _record(self) -> dict[str, str] | None:
        try:
            record: dict[str, str] = json.loads(self._password_file.read_bytes())
        except FileNotFoundError:
            return None
        return record

    def _hash(self, password: str, salt: bytes) -> bytes:
        with self._one_at_a_time:
            return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT)
