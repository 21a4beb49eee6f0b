"""Reads petcam.yaml: its sections and keys out of the document, each text by its key's kind."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from petcam.config.document import Entry, Refused, compose, entries, is_empty, line_of, quoted, shown
from petcam.config.keys import Config
from petcam.config.kinds import Kind
from petcam.config.mistake import Mistake
from petcam.config.ports import Listener, collisions
from petcam.config.serving import unserved
from petcam.config.spelling import nearest
from petcam.errors import Code, PetcamError

DEFAULT_PATH = Path("/etc/petcam/petcam.yaml")
MAX_FILE_BYTES = 64 * 1024  # etc/petcam.yaml has 4 KB; YAML of 64 KiB takes a second to read on a small board

_SECTIONS: dict[str, type] = {f.name: f.default_factory for f in fields(Config)}  # type: ignore[misc]


def load(path: Path) -> tuple[Config, list[str]]:
    """Read ``path``; return the configuration and warnings, a line each: of unknown keys, and each :class:`Mistake`.

    Raises :class:`PetcamError` (``BAD_CONFIG``) with one line that names file, line, key, text and remedy.
    """
    try:
        data = _read_file(path)
    except OSError as error:
        raise PetcamError(
            Code.BAD_CONFIG, f"{path}: cannot be read: {error.strerror}; {_remedy(error, path)}"
        ) from error
    return _parse_bytes(data, str(path))


def _remedy(error: OSError, path: Path) -> str:
    if isinstance(error, PermissionError):
        open_it = f"sudo chown root:petcam {path}; sudo chmod 0640 {path}"
        return f"use sudo; if a service says this: {open_it}; sudo systemctl restart petcam.target"
    return "name another file with --config"


def parse(text: str, name: str) -> tuple[Config, list[str]]:
    """Like :func:`load`, of a text; ``name`` stands for it in messages."""
    return _parse_bytes(text.encode(), name)


def _read_file(path: Path) -> bytes:
    """At most a byte more than is allowed. A FIFO, which would be waited for, is no file; a link to a file is one."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        return file.read(MAX_FILE_BYTES + 1)


def _parse_bytes(data: bytes, name: str) -> tuple[Config, list[str]]:
    try:
        if len(data) > MAX_FILE_BYTES:
            raise Refused(None, f"is over {MAX_FILE_BYTES // 1024} KiB")
        config, warnings = _read(data.decode("utf-8"))
    except Refused as refused:
        raise PetcamError(Code.BAD_CONFIG, f"{name}: {refused}") from refused
    except UnicodeDecodeError as error:
        raise PetcamError(Code.BAD_CONFIG, f"{name}: is not UTF-8 text (byte {error.start})") from error
    return config, [type(warning)(f"{name}: {warning}") for warning in warnings]


def _read(text: str) -> tuple[Config, list[str]]:
    root = compose(text)
    given = {} if root is None else entries(root, "must hold sections such as web")
    warnings = [
        _unknown(entry.line, "section", name, nearest(name, _SECTIONS))
        for name, entry in given.items()
        if name not in _SECTIONS
    ]
    config = Config(**{name: _section(name, cls, given, warnings) for name, cls in _SECTIONS.items()})
    _require_files(config, given)
    warnings += [_collision(*pair, given) for pair in collisions(config)]
    warnings += [Mistake(f"line {_line_of_key(key, given)}: {words}") for key, words in unserved(config)]
    return config, warnings


def _unknown(line: int, kind: str, name: str, meant: str) -> str:
    """A newer petcam's, which is only warned of, or one that was meant for another."""
    words = f"line {line}: unknown {kind} {shown(name)} is ignored"
    return Mistake(f"{words}; did you mean {meant}?") if meant else words


def _collision(one: Listener, other: Listener, document: dict[str, Entry]) -> Mistake:
    lines = [line for each in (other, one) if (line := _line_of_key(each.key, document))]
    words = f"{one.key} and {other.key} are both {one.port}: give each a port of its own"
    return Mistake(f"line {lines[0]}: {words}")


def _line_of_key(key: str, document: dict[str, Entry]) -> int:
    """0: it is not in the document."""
    section, _, name = key.partition(".")
    given = entries(document[section].value, "") if section in document else {}
    return given[name].line if name in given else 0


def _section(section: str, cls: type, document: dict[str, Entry], warnings: list[str]) -> Any:
    given = entries(document[section].value, f"{section}: must hold keys") if section in document else {}
    kinds: dict[str, Kind] = {f.name: f.metadata["kind"] for f in fields(cls)}
    for name, entry in given.items():
        if name not in kinds:
            warnings.append(_unknown(entry.line, "key", f"{section}.{name}", _meant(name, section)))
    chosen = {
        name: _value(f"{section}.{name}", kind, given[name].value)
        for name, kind in kinds.items()
        if name in given and not is_empty(given[name].value)  # an emptied key means its default
    }
    for name in chosen:
        warnings += _hopeless(f"{section}.{name}", kinds[name], given[name].value)
    return cls(**chosen)


def _meant(name: str, section: str) -> str:
    """The key that an unknown one of a section was meant for: one of the same section, or of the only other that has
    it. Empty: none."""
    if found := nearest(name, _names(section)):
        return found
    others = [f"{other}.{name}" for other in _SECTIONS if name in _names(other)]
    return others[0] if len(others) == 1 else ""


def _names(section: str) -> list[str]:
    return [field.name for field in fields(_SECTIONS[section])]


def _hopeless(key: str, kind: Kind, node: yaml.Node) -> Iterator[Mistake]:
    """What is allowed and cannot work, in a value or in each of a list."""
    for each in node.value if kind.is_list else [node]:
        if not kind.works(each.value):
            yield Mistake(f"line {line_of(each)}: {key}: {_quoted(kind, each)} cannot work; it must be {kind.words}")


def _value(key: str, kind: Kind, node: yaml.Node) -> Any:
    if not kind.is_list:
        return _scalar(key, kind, node)
    if not isinstance(node, yaml.SequenceNode):
        raise _not_allowed(key, kind, node)
    return [_scalar(key, kind, item) for item in node.value]


def _scalar(key: str, kind: Kind, node: yaml.Node) -> Any:
    value = kind.read(node.value) if isinstance(node, yaml.ScalarNode) else None
    if value is None:
        raise _not_allowed(key, kind, node)
    return value


def _not_allowed(key: str, kind: Kind, node: yaml.Node) -> Refused:
    return Refused(line_of(node), f"{key}: {_quoted(kind, node)} is not allowed; it must be {kind.words}")


def _quoted(kind: Kind, node: yaml.Node) -> str:
    return f"'{shown(kind.public(node.value))}'" if isinstance(node, yaml.ScalarNode) else quoted(node)


def _require_files(config: Config, document: dict[str, Entry]) -> None:
    """The certificate is named where one is to be read."""
    for key in ("tls_cert", "tls_key"):
        if config.web.tls == "files" and not getattr(config.web, key):
            tls = entries(document["web"].value, "")["tls"].value
            raise Refused(line_of(tls), f"web.{key}: must be named where web.tls is files")
