"""Viewing tokens, for programs that watch and cannot log in; docs/http-api.md, section "Viewing tokens".

``petcam token`` writes the file; petcam-web and petcam-streamer (``streamer/internal/viewingtoken``) read it.
"""

import hashlib
import json
import os
import re
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from petcam.access.state_file import Kind, StateFile, is_for_lack_of_permission, strict_json
from petcam.errors import Code, PetcamError

FILE_NAME = "viewing_tokens.json"
FILE_VERSION = 1
MAX_FILE_BYTES = 64 << 10
MAX_TOKENS = 100
MAX_CREATED = 253_402_300_799  # the end of the year 9999
LABEL_PATTERN = re.compile(r"[^\s\x00-\x1f\x7f](.{0,62}[^\s\x00-\x1f\x7f])?")
ID_PATTERN = re.compile(r"[0-9a-f]{8}")

KIND = Kind(
    FILE_NAME,
    MAX_FILE_BYTES,
    "no viewing token is good",
    "to begin anew: sudo rm {path}; sudo petcam token add",
    "trouble.viewing_tokens",
    mode=0o640,  # the streamer reads it as a member of the directory's group
)

FileState = tuple[int, int, int, int]  # inode, modification time in ns, size, mode
Rights = dict[str, bool]  # by the token's SHA-256: whether it may turn the camera, too


@dataclass(frozen=True)
class ViewingToken:
    id: str
    label: str
    sha256: str  # of the token, which itself is not stored
    created: int  # seconds since 1970
    camera: bool = False  # whether it may turn the camera, too


class ViewingTokens:
    """Safe in any thread: what was read is replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self._file = StateFile(directory, KIND)
        self.path = self._file.path
        self._cached: tuple[FileState | None, Rights] = (None, {})

    def accepts(self, token: str) -> bool:
        return _digest(token) in self._rights()

    def may_turn_camera(self, token: str) -> bool:
        return self._rights().get(_digest(token), False)

    def _rights(self) -> Rights:
        """Reads the file again whenever it has changed, because another process writes it."""
        file_state = self._file_state()
        if file_state != self._cached[0] or file_state is None:
            self._cached = self._read(file_state)
        return self._cached[1]

    def trouble(self) -> PetcamError | None:
        return self._file.trouble(_parse)

    def all(self) -> list[ViewingToken]:
        """Raises ``STATE_DAMAGED``."""
        try:
            return self._file.read(_parse) or []
        except PetcamError as error:
            if is_for_lack_of_permission(error):
                raise
            message = f"{self.path} is damaged and lets nobody in; {KIND.remedy.format(path=self.path)}"
            raise PetcamError(error.code, message, key="commands.token.damaged", path=self.path) from error

    def add(self, label: str, camera: bool = False) -> str:
        """Make a token and return it, this once; ``camera``: it may turn that off and on, too.

        Raises ``BAD_REQUEST``, with a message for people."""
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
        self._write([*existing, ViewingToken(secrets.token_hex(4), label, _digest(token), int(time.time()), camera)])
        return token

    def revoke(self, name: str) -> ViewingToken:
        """``name`` is an id or a label. Raises ``NOT_FOUND``."""
        existing = self.all()
        for each in existing:
            if name and name in (each.id, each.label):
                self._write([other for other in existing if other is not each])
                return each
        message = f"there is no token with the ID or label {name}; which there are says: sudo petcam token list"
        raise PetcamError(Code.NOT_FOUND, message, key="commands.token.unknown", name=name)

    def _write(self, tokens: list[ViewingToken]) -> None:
        document = {"version": FILE_VERSION, "tokens": [asdict(each) for each in tokens]}
        self._file.write(json.dumps(document, ensure_ascii=False).encode())

    def _file_state(self) -> FileState | None:
        try:
            stat = os.lstat(self.path)
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size, stat.st_mode

    def _read(self, file_state: FileState | None) -> tuple[FileState | None, Rights]:
        """No token is good where the file is damaged or cannot be read now; it is then read again at the next try."""
        try:
            tokens = self._file.read(_parse) or []
        except PetcamError:
            return None, {}
        return file_state, {each.sha256: each.camera for each in tokens}


def _parse(data: bytes) -> list[ViewingToken]:
    """Raises ValueError where anything in the file is not as it should be."""
    document = strict_json(data)
    if type(document) is not dict or type(document.get("version")) is not int or document["version"] != FILE_VERSION:
        raise ValueError(f"is not of version {FILE_VERSION}")
    if type(document.get("tokens")) is not list:
        raise ValueError("has no list of tokens")
    return [_entry(each) for each in document["tokens"]]


def _entry(each: object) -> ViewingToken:
    if type(each) is not dict:
        raise ValueError("has a token that is none")
    name, digest = each.get("id"), each.get("sha256")
    if not (type(name) is str and name and type(digest) is str and re.fullmatch(r"[0-9a-f]{64}", digest)):
        raise ValueError("has a token without id or SHA-256")
    label, created = each.get("label", ""), each.get("created", 0)
    if type(label) is not str or type(created) is not int or not 0 <= created <= MAX_CREATED:
        raise ValueError("has a token with a bad label or time")
    return ViewingToken(name, label, digest, created, each.get("camera") is True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
