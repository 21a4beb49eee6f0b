"""Reads petcam.yaml: its sections and keys out of the document, each text by its key's kind."""

import errno
import os
import stat
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from petcam.config.document import Entry, Refused, compose, entries, is_empty, line_of, quoted, shown
from petcam.config.keys import Config
from petcam.config.kinds import Kind
from petcam.errors import Code, PetcamError

DEFAULT_PATH = Path("/etc/petcam/petcam.yaml")
MAX_FILE_BYTES = 64 * 1024  # etc/petcam.yaml has 4 KB; YAML of 64 KiB takes a second to read on a small board

_SECTIONS: dict[str, type] = {f.name: f.default_factory for f in fields(Config)}  # type: ignore[misc]


def load(path: Path) -> tuple[Config, list[str]]:
    """Read ``path``; return the configuration and a warning line for each unknown key.

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
    return config, [f"{name}: {warning}" for warning in warnings]


def _read(text: str) -> tuple[Config, list[str]]:
    root = compose(text)
    given = {} if root is None else entries(root, "must hold sections such as web")
    warnings = [
        f"line {entry.line}: unknown section {shown(name)} is ignored"
        for name, entry in given.items()
        if name not in _SECTIONS
    ]
    config = Config(**{name: _section(name, cls, given, warnings) for name, cls in _SECTIONS.items()})
    _require_files(config, given)
    return config, warnings


def _section(section: str, cls: type, document: dict[str, Entry], warnings: list[str]) -> Any:
    given = entries(document[section].value, f"{section}: must hold keys") if section in document else {}
    kinds: dict[str, Kind] = {f.name: f.metadata["kind"] for f in fields(cls)}
    for name, entry in given.items():
        if name not in kinds:
            warnings.append(f"line {entry.line}: unknown key {section}.{shown(name)} is ignored")
    chosen = {
        name: _value(f"{section}.{name}", kind, given[name].value)
        for name, kind in kinds.items()
        if name in given and not is_empty(given[name].value)  # an emptied key means its default
    }
    return cls(**chosen)


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
    return Refused(line_of(node), f"{key}: {quoted(node)} is not allowed; it must be {kind.words}")


def _require_files(config: Config, document: dict[str, Entry]) -> None:
    """The certificate is named where one is to be read."""
    for key in ("tls_cert", "tls_key"):
        if config.web.tls == "files" and not getattr(config.web, key):
            tls = entries(document["web"].value, "")["tls"].value
            raise Refused(line_of(tls), f"web.{key}: must be named where web.tls is files")
