"""The files of the state directory: passwords, sessions, viewing tokens, keys. All are read and written here.

Reading has three outcomes: there is none, its content, or STATE_DAMAGED, whatever is wrong with it: nobody gets in by
it, and the error says what is wrong, what follows from it, and the remedy. Writing leaves the old content or the new:
done, STATE_NOT_WRITTEN (the old is there), STATE_NOT_SYNCED (the new is there, and a power cut may bring back the old).

Formats, and the steps of reading and writing: docs/state.md.
"""

import errno
import fcntl
import hashlib
import json
import logging
import math
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from petcam.errors import Code, PetcamError
from petcam.system.ownership import give_to_owner

READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
TEMPORARY_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
TEMPORARY_PATTERN = re.compile(r"\.[a-z_]+\.(json|key)\.[0-9a-f]{16}")
HALF_PAIR = re.compile("[\ud800-\udfff]")  # a surrogate, which UTF-8 has not
FILE_VERSION = 1
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")
Document = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """What a file is for."""

    name: str
    max_bytes: int
    effect: str  # what follows where it cannot be read
    remedy: str  # {path} is the file
    key: str  # words for people of both
    command: str = "sudo petcam doctor"  # shown to people below the words
    mode: int = 0o600


class StateFile:
    """Safe in any thread and in several processes: what is there is replaced as a whole."""

    def __init__(self, directory: Path, kind: Kind) -> None:
        self.path, self._kind = directory / kind.name, kind
        self._said = ""  # what of it is in the log already

    def exists(self) -> bool:
        """Whether anything is there, be it damaged or a link to nowhere; true where that cannot be told."""
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def read(self, parse: Callable[[bytes], T]) -> T | None:
        """What ``parse`` makes of the content; None where there is no file. Raises ``STATE_DAMAGED``.

        ``parse`` raises ValueError where anything is not as it should be.
        """
        try:
            found = parse(_read_regular(self.path, self._kind.max_bytes))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(error) from error
        self._said = ""
        return found

    def trouble(self, parse: Callable[[bytes], Any]) -> PetcamError | None:
        """The damage, where there is one."""
        try:
            self.read(parse)
        except PetcamError as error:
            return error
        return None

    def write(self, data: bytes, exclusive: bool = False) -> None:
        """Returns once it is durable. Raises ``STATE_NOT_WRITTEN``, ``STATE_NOT_SYNCED``, and with ``exclusive``
        FileExistsError where anything is there.

        ``sudo petcam password`` writes for the service, so the directory's owner gets the file.
        """
        with self._changing() as directory:
            temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
            try:
                self._write_temporary(temporary, data, os.fstat(directory))
                is_put = self._put(temporary, exclusive)
            finally:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
            if is_put:
                self._sync(directory)
        if not is_put:
            raise FileExistsError(errno.EEXIST, "is there already", str(self.path))

    def write_document(self, document: Document, exclusive: bool = False) -> None:
        self.write(sealed(document), exclusive)

    def remove(self) -> None:
        """Returns once it is durable that there is none. Raises as :meth:`write` does."""
        with self._changing() as directory:
            try:
                self.path.unlink(missing_ok=True)
            except IsADirectoryError:
                self._set_aside()
            self._sync(directory)

    @contextmanager
    def _changing(self) -> Iterator[int]:
        """A descriptor of the directory. An OSError in the context means that the old content is there."""
        try:
            with suppress(FileExistsError):  # what is no directory fails at the next step
                self.path.parent.mkdir(mode=0o750, parents=True)
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                with suppress(OSError):  # keeps sweep_temporaries away; some file systems have no locks
                    fcntl.flock(directory, fcntl.LOCK_SH | fcntl.LOCK_NB)
                yield directory
            finally:
                os.close(directory)
        except OSError as error:
            raise self._not_kept(Code.STATE_NOT_WRITTEN, "cannot be written, so nothing was changed", error) from error

    def _write_temporary(self, temporary: Path, data: bytes, directory: os.stat_result) -> None:
        fd = os.open(temporary, TEMPORARY_FLAGS, 0o600)
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            give_to_owner(fd, directory)
            os.fchmod(fd, self._kind.mode)  # whatever the umask
            os.fsync(fd)

    def _put(self, temporary: Path, exclusive: bool) -> bool:
        """False where ``exclusive`` and anything is there. A directory is set aside as ``NAME.damaged``."""
        if exclusive:
            try:
                os.link(temporary, self.path)
            except FileExistsError:
                return False
            return True
        try:
            os.replace(temporary, self.path)
        except IsADirectoryError:
            self._set_aside()
            os.replace(temporary, self.path)
        return True

    def _set_aside(self) -> None:
        os.rename(self.path, self.path.with_name(f"{self.path.name}.damaged"))

    def _sync(self, directory: int) -> None:
        """So that the new name, too, outlives a power cut."""
        try:
            os.fsync(directory)
        except OSError as error:
            message = "has changed, but the disk has a fault: a power cut may undo it"
            raise self._not_kept(Code.STATE_NOT_SYNCED, message, error) from error

    def _damaged(self, error: Exception) -> PetcamError:
        message = f"{self.path} {_what(error)}, so {self._kind.effect}: {self._kind.remedy.format(path=self.path)}"
        self._log_once(message)
        return PetcamError(Code.STATE_DAMAGED, message, key=self._kind.key, command=self._kind.command)

    def _not_kept(self, code: Code, message: str, error: OSError) -> PetcamError:
        key = "trouble.not_written" if code is Code.STATE_NOT_WRITTEN else "trouble.not_synced"
        text = f"{self.path} {message}: {error.strerror or error}"
        self._log_once(text)
        return PetcamError(code, text, key=key)

    def _log_once(self, message: str) -> None:
        """Not at each request, or each try."""
        if message != self._said:
            self._said = message
            _log.error("%s", message)


def is_for_lack_of_space(error: PetcamError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in NO_SPACE


def is_for_lack_of_permission(error: PetcamError) -> bool:
    return isinstance(error.__cause__, PermissionError)


def sweep_temporaries(directory: Path) -> None:
    """Remove what a writer left that was killed. Does nothing while anybody writes, in whatever process."""
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return  # what is wrong with it, the files in it say
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left = [name for name in os.listdir(fd) if TEMPORARY_PATTERN.fullmatch(name)]
        for name in left:
            os.unlink(name, dir_fd=fd)
        if left:
            _log.info("%s: removed %d files that were never finished", directory, len(left))
    except OSError as error:
        _log.warning("%s: unfinished files stay: %s", directory, error.strerror)
    finally:
        os.close(fd)


def sealed(document: Document) -> bytes:
    """``document`` with its version and the SHA-256 of both: what was changed by accident is not taken for it."""
    body = {"version": FILE_VERSION, **document}
    return json.dumps({**body, "sha256": _seal(body)}).encode()


def unsealed(data: bytes) -> Document:
    """Raises ValueError where it is not whole. What has no version has no seal: an older petcam wrote it."""
    document = strict_json(data)
    if not isinstance(document, dict):
        raise ValueError("is no object")
    if "version" not in document:
        return document
    seal = document.pop("sha256", "")
    if type(seal) is not str or seal != _seal(document):
        raise ValueError("does not match its checksum")
    version = document.pop("version")
    if type(version) is not int or version != FILE_VERSION:
        raise ValueError(f"is not of version {FILE_VERSION}")
    return document


def strict_json(data: bytes) -> Any:
    """Raises ValueError or RecursionError; also for what only Python takes for JSON, and for keys that come twice."""
    found = json.loads(data.decode(), parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_object)
    if HALF_PAIR.search(json.dumps(found, ensure_ascii=False)):
        raise ValueError("has half a character")
    return found


def require_keys(row: object, *names: str) -> Document:
    """``row``, which must be an object of exactly these keys. Raises ValueError."""
    if type(row) is not dict or sorted(row) != sorted(names):
        raise ValueError(f"has something else than {', '.join(names)}")
    return row


def text_of(row: Document, name: str, pattern: str) -> str:
    """Raises ValueError unless the field is text that matches ``pattern`` as a whole."""
    found = row[name]
    if type(found) is not str or not re.fullmatch(pattern, found):
        raise ValueError(f"has a bad {name}")
    return found


def whole_number_of(row: Document, name: str, most: int) -> int:
    """Raises ValueError unless the field is a whole number from 0 to ``most``."""
    found = row[name]
    if type(found) is not int or not 0 <= found <= most:
        raise ValueError(f"has a bad {name}")
    return found


def _read_regular(path: Path, max_bytes: int) -> bytes:
    """At most ``max_bytes``, of a regular file that is no link; anything else raises, and nothing is waited for."""
    fd = os.open(path, READ_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError("is no regular file")
        with open(fd, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(fd)
    if len(data) > max_bytes:
        raise ValueError(f"is larger than {max_bytes} bytes")
    return data


def _seal(body: Document) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"has {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("has a number that is too large")
    return number


def _object(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has a key twice")
    return found


def _what(error: Exception) -> str:
    """What is wrong, in few words; nothing of the content, which may be secret."""
    if isinstance(error, OSError):
        return "is a link" if error.errno == errno.ELOOP else f"cannot be read ({error.strerror})"
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
        return "is damaged"
    return f"is damaged: it {error}"
