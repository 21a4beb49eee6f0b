"""The owner: a password kept as a scrypt hash, and the key that signs sessions. Both live in the state directory.

``owner.json`` is ``{"salt", "hash", "generation"}`` in hex; ``generation`` is new with each password and stands in
each session, so that a changed password ends them all. Read anew each time: ``petcam password`` is another process.
"""

import hashlib
import hmac
import json
import os
import secrets
import threading
from pathlib import Path

DEFAULT_DIRECTORY = Path("/var/lib/petcam")
SHORTEST = 8  # characters
LONGEST = 1024
SCRYPT = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tens of milliseconds for each try


def state_directory() -> Path:
    """``$STATE_DIRECTORY`` (systemd may list several; the first counts), or the default."""
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or DEFAULT_DIRECTORY)


class Owner:
    def __init__(self, directory: Path) -> None:
        self._password_file = directory / "owner.json"
        self._key_file = directory / "session.key"
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
        _write_private(self._password_file, json.dumps(record).encode())

    def session_key(self) -> bytes:
        """Signs the cookies; made at the first call."""
        try:
            return self._key_file.read_bytes()
        except FileNotFoundError:
            _write_private(self._key_file, secrets.token_bytes(32))
            return self._key_file.read_bytes()

    def _record(self) -> dict[str, str] | None:
        try:
            record: dict[str, str] = json.loads(self._password_file.read_bytes())
        except FileNotFoundError:
            return None
        return record

    def _hash(self, password: str, salt: bytes) -> bytes:
        with self._one_at_a_time:
            return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT)


def _write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, 0600, and the directory's owner's: ``sudo petcam password`` writes for the service."""
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
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
