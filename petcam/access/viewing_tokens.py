"""Viewing tokens, for programs that watch and cannot log in; docs/http-api.md, section "Viewing tokens".

``petcam token`` writes the file; petcam-web and petcam-streamer (``streamer/internal/viewingtoken``) read it.
"""

import hashlib
import json
import logging
import re
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from petcam.access import secret_file
from petcam.errors import Code, PetcamError

FILE_NAME = "viewing_tokens.json"
FILE_VERSION = 1
MAX_FILE_BYTES = 64 << 10
MAX_TOKENS = 100
FILE_MODE = 0o640  # the streamer reads it as a member of the directory's group
LABEL_PATTERN = re.compile(r"[^\s\x00-\x1f\x7f](.{0,62}[^\s\x00-\x1f\x7f])?")
ID_PATTERN = re.compile(r"[0-9a-f]{8}")

_log = logging.getLogger(__name__)

FileState = tuple[int, int, int, int]  # inode, modification time in ns, size, mode


@dataclass(frozen=True)
class ViewingToken:
    id: str
    label: str
    sha256: str  # of the token, which itself is not stored
    created: int  # seconds since 1970


class ViewingTokens:
    """Safe in any thread: what was read is replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE_NAME
        self._cached: tuple[FileState | None, frozenset[str]] = (None, frozenset())

    def accepts(self, token: str) -> bool:
        """Reads the file again whenever it has changed, because another process writes it."""
        file_state = self._file_state()
        if file_state != self._cached[0]:
            self._cached = file_state, self._hashes()
        return _digest(token) in self._cached[1]

    def all(self) -> list[ViewingToken]:
        """Raises ``BAD_REQUEST`` where the file is damaged."""
        try:
            return _parse(self.path.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError as error:
            message = f"{self.path} is damaged and lets nobody in: remove it, and add the tokens anew"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.damaged", path=self.path) from error

    def add(self, label: str) -> str:
        """Make a token and return it, this once. Raises ``BAD_REQUEST``, with a message for people."""
        existing = self.all()
        if label and (not LABEL_PATTERN.fullmatch(label) or not label.isprintable() or ID_PATTERN.fullmatch(label)):
            message = "a label has at most 64 printable characters, and is not like an ID"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.label")
        if label and any(each.label == label for each in existing):
            message = f"there is a token with the label {label} already: revoke it first"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.label_taken", label=label)
        if len(existing) >= MAX_TOKENS:
            message = f"there are {MAX_TOKENS} tokens already: revoke some"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.most", most=MAX_TOKENS)
        token = f"petcam_{secrets.token_urlsafe(32)}"
        self._write([*existing, ViewingToken(secrets.token_hex(4), label, _digest(token), int(time.time()))])
        return token

    def revoke(self, name: str) -> ViewingToken:
        """``name`` is an id or a label. Raises ``NOT_FOUND``."""
        existing = self.all()
        for each in existing:
            if name and name in (each.id, each.label):
                self._write([other for other in existing if other is not each])
                return each
        message = f"there is no token with the ID or label {name}: see petcam token list"
        raise PetcamError(Code.NOT_FOUND, message, key="commands.token.unknown", name=name)

    def _write(self, tokens: list[ViewingToken]) -> None:
        text = json.dumps({"version": FILE_VERSION, "tokens": [asdict(each) for each in tokens]}, ensure_ascii=False)
        secret_file.write_private(self.path, text.encode(), mode=FILE_MODE)

    def _file_state(self) -> FileState | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size, stat.st_mode

    def _hashes(self) -> frozenset[str]:
        """Empty where the file is damaged, cannot be read or was removed."""
        try:
            return frozenset(each.sha256 for each in _parse(self.path.read_bytes()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            _log.warning("no viewing token is good: %s: %s", self.path, error)
            return frozenset()


def _parse(text: bytes) -> list[ViewingToken]:
    """Raises ValueError where anything in the file is not as it should be."""
    if len(text) > MAX_FILE_BYTES:
        raise ValueError(f"is larger than {MAX_FILE_BYTES} bytes")
    document = json.loads(text)
    if (
        not isinstance(document, dict)
        or type(document.get("version")) is not int
        or document["version"] != FILE_VERSION
    ):
        raise ValueError(f"is not of version {FILE_VERSION}")
    if not isinstance(document.get("tokens"), list):
        raise ValueError("has no list of tokens")
    return [_entry(each) for each in document["tokens"]]


def _entry(each: object) -> ViewingToken:
    if not isinstance(each, dict):
        raise ValueError("has a token that is none")
    name, digest, label, created = (each.get(key) for key in ("id", "sha256", "label", "created"))
    if not (isinstance(name, str) and name and isinstance(digest, str) and re.fullmatch(r"[0-9a-f]{64}", digest)):
        raise ValueError("has a token without id or SHA-256")
    return ViewingToken(name, str(label or ""), digest, created if isinstance(created, int) else 0)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
