"""Viewing tokens: what lets programs watch that cannot log in; docs/http-api.md, section "Viewing tokens".

``petcam token`` writes the file, petcam-web and petcam-streamer (``streamer/internal/viewingtoken``) read it.
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

NAME = "viewing_tokens.json"
VERSION = 1
LARGEST = 64 << 10  # bytes of the file
MOST = 100  # tokens
MODE = 0o640  # the streamer is of the directory's group
LABEL = re.compile(r"[^\s\x00-\x1f\x7f](.{0,62}[^\s\x00-\x1f\x7f])?")
ID = re.compile(r"[0-9a-f]{8}")

_log = logging.getLogger(__name__)

Signature = tuple[int, int, int, int]


@dataclass(frozen=True)
class ViewingToken:
    id: str
    label: str
    sha256: str  # of the token, which itself is nowhere
    created: int  # seconds since 1970


class ViewingTokens:
    """For any thread: what was read is replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._seen: tuple[Signature | None, frozenset[str]] = (None, frozenset())

    def accepts(self, token: str) -> bool:
        """Looks each time whether the file has changed: it is another process that writes it."""
        signature = self._signature()
        if signature != self._seen[0]:
            self._seen = signature, self._hashes()
        return _digest(token) in self._seen[1]

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
        """The new token, which cannot be had again. Raises ``BAD_REQUEST``, with words for people."""
        there = self.all()
        if label and (not LABEL.fullmatch(label) or not label.isprintable() or ID.fullmatch(label)):
            message = "a label has at most 64 printable characters, and is not like an ID"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.label")
        if label and any(each.label == label for each in there):
            message = f"there is a token with the label {label} already: revoke it first"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.label_taken", label=label)
        if len(there) >= MOST:
            message = f"there are {MOST} tokens already: revoke some"
            raise PetcamError(Code.BAD_REQUEST, message, key="commands.token.most", most=MOST)
        token = f"petcam_{secrets.token_urlsafe(32)}"
        self._write([*there, ViewingToken(secrets.token_hex(4), label, _digest(token), int(time.time()))])
        return token

    def revoke(self, name: str) -> ViewingToken:
        """``name`` is an id or a label. Raises ``NOT_FOUND``."""
        there = self.all()
        for each in there:
            if name and name in (each.id, each.label):
                self._write([other for other in there if other is not each])
                return each
        message = f"there is no token with the ID or label {name}: see petcam token list"
        raise PetcamError(Code.NOT_FOUND, message, key="commands.token.unknown", name=name)

    def _write(self, tokens: list[ViewingToken]) -> None:
        text = json.dumps({"version": VERSION, "tokens": [asdict(each) for each in tokens]}, ensure_ascii=False)
        secret_file.write_private(self.path, text.encode(), mode=MODE)

    def _signature(self) -> Signature | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size, stat.st_mode

    def _hashes(self) -> frozenset[str]:
        """None where the file is damaged, cannot be read or has just gone."""
        try:
            return frozenset(each.sha256 for each in _parse(self.path.read_bytes()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            _log.warning("no viewing token is good: %s: %s", self.path, error)
            return frozenset()


def _parse(text: bytes) -> list[ViewingToken]:
    """Raises ValueError where the file is not wholly as it should be."""
    if len(text) > LARGEST:
        raise ValueError(f"is larger than {LARGEST} bytes")
    document = json.loads(text)
    if not isinstance(document, dict) or type(document.get("version")) is not int or document["version"] != VERSION:
        raise ValueError(f"is not of version {VERSION}")
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
