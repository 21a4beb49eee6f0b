"""The configuration file: its keys, their defaults and what is allowed.

``etc/petcam.yaml`` documents every key; ``streamer/internal/config`` reads the same file in Go.
``tests/config-cases.yaml`` holds both to the same answers.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from petcam.errors import Code, PetcamError

DEFAULT_PATH = Path("/etc/petcam/petcam.yaml")

Check = Callable[[Any], str | None]  # what is allowed, in words, where the value is not; else None


def _integer(low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"a whole number from {low} to {high}"

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> str | None:
        good = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"a number from {low:g} to {high:g}"

    return check


def _choice(*allowed: str) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and value in allowed else " or ".join(allowed)

    return check


def _pattern(pattern: str, words: str) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and re.fullmatch(pattern, value) else words

    return check


def _list_of(pattern: str, words: str) -> Check:
    def check(value: Any) -> str | None:
        good = isinstance(value, list) and all(isinstance(v, str) and re.fullmatch(pattern, v) for v in value)
        return None if good else f"a list of {words}"

    return check


def _is_network(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f.:]+(/(0|[1-9][0-9]*))?", value):
        return False  # of what ipaddress reads, only what Go reads too
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _networks(value: Any) -> str | None:
    good = isinstance(value, list) and all(_is_network(v) for v in value)
    return None if good else "a list of IP addresses or networks like 192.168.1.0/24"


_PORT = _integer(1, 65535)
_HOST = _pattern(r"[A-Za-z0-9.:_-]{1,253}", "a host name or an IP address")
_HOSTS = _list_of(r"[A-Za-z0-9.:_-]{1,253}", "host names or IP addresses")
_SEGMENT = _pattern(r"/[A-Za-z0-9._-]{1,200}", "a segment name like /petcam_stream")
_FILE = _pattern(r"(/[^\x00-\x1f]*)?", "an absolute path, or empty")
_BYTES = _integer(0, 2**62)


def _key(default: Any, check: Check, false: str | None = None) -> Any:
    """A configuration key: its default, what is allowed, and the word that YAML 1.1 reads as a truth value."""
    metadata = {"check": check, "false": false}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Web:
    host: str = _key("0.0.0.0", _HOST)
    port: int = _key(8080, _PORT)
    threads: int = _key(40, _integer(8, 256))
    tls: str = _key("off", _choice("off", "auto", "files"), false="off")
    tls_port: int = _key(8443, _PORT)
    tls_cert: str = _key("", _FILE)
    tls_key: str = _key("", _FILE)
    hosts: list[str] = _key([], _HOSTS)
    trusted_proxies: list[str] = _key([], _networks)


@dataclass(frozen=True)
class Streamer:
    host: str = _key("0.0.0.0", _HOST)
    port: int = _key(8081, _PORT)
    public_url: str = _key("", _pattern(r"(https?://[^\s/]+(/\S*)?)?", "an http:// or https:// URL, or empty"))
    metrics_allow: list[str] = _key([], _networks)


@dataclass(frozen=True)
class Camera:
    layout: str = _key("petcam", _choice("petcam", "rdk-x5"))
    stream: str = _key("/petcam_stream", _SEGMENT)
    detections: str = _key("/petcam_detections", _SEGMENT)
    source: str = _key("", _pattern(r"[^\x00-\x1f]*", "demo, a file, rpicam, rtsp://..., /dev/videoN, or empty"))


@dataclass(frozen=True)
class WebRTC:
    udp_port: int = _key(8081, _PORT)
    ice_servers: list[str] = _key([], _list_of(r"(stun|stuns|turn|turns):\S+", "stun: or turn: URLs"))
    extra_hosts: list[str] = _key([], _HOSTS)
    max_viewers: int = _key(16, _integer(1, 256))
    backend: str = _key("go", _choice("go", "python"))


@dataclass(frozen=True)
class Recording:
    directory: str = _key("/var/lib/petcam/recordings", _pattern(r"/[^\x00-\x1f]*", "an absolute path"))
    pre_roll_seconds: float = _key(5, _number(0, 30))
    segment_minutes: int = _key(30, _integer(1, 1440))
    max_bytes: int = _key(0, _BYTES)
    max_age_days: int = _key(0, _integer(0, 36500))
    min_free_bytes: int = _key(0, _BYTES)


@dataclass(frozen=True)
class Auth:
    mode: str = _key("password", _choice("password", "none"))


@dataclass(frozen=True)
class Config:
    web: Web = field(default_factory=Web)
    streamer: Streamer = field(default_factory=Streamer)
    camera: Camera = field(default_factory=Camera)
    webrtc: WebRTC = field(default_factory=WebRTC)
    recording: Recording = field(default_factory=Recording)
    auth: Auth = field(default_factory=Auth)


_SECTIONS: dict[str, type] = {f.name: f.default_factory for f in fields(Config)}  # type: ignore[misc]


def load(path: Path) -> tuple[Config, list[str]]:
    """Read ``path``; return the configuration and a warning line for each unknown key.

    Raises :class:`PetcamError` (``BAD_CONFIG``) with one line that names file, key, value and remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PetcamError(
            Code.BAD_CONFIG, f"{path}: cannot be read: {error.strerror}; name another file with --config"
        ) from error
    except UnicodeDecodeError as error:
        raise PetcamError(Code.BAD_CONFIG, f"{path}: is not UTF-8 text (byte {error.start})") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> tuple[Config, list[str]]:
    """Like :func:`load`, of a text; ``name`` stands for it in messages."""
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PetcamError(Code.BAD_CONFIG, f"{name}: line {line}: is not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, RecursionError) as error:  # all are PyYAML's
        raise PetcamError(Code.BAD_CONFIG, f"{name}: is not YAML") from error
    document = {} if document is None else document
    if not isinstance(document, dict):
        raise PetcamError(Code.BAD_CONFIG, f"{name}: must hold sections such as web, not {_show(document)}")
    warnings = [f"{name}: unknown section {key!r} is ignored" for key in document if key not in _SECTIONS]
    config = Config(**{key: _section(name, key, cls, document.get(key), warnings) for key, cls in _SECTIONS.items()})
    for key in ("tls_cert", "tls_key"):
        if config.web.tls == "files" and not getattr(config.web, key):
            raise PetcamError(Code.BAD_CONFIG, f"{name}: web.{key}: must be named where web.tls is files")
    return config, warnings


def _section(name: str, section: str, cls: type, values: Any, warnings: list[str]) -> Any:
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise PetcamError(Code.BAD_CONFIG, f"{name}: {section}: must hold keys, not {_show(values)}")
    known = {f.name: f for f in fields(cls)}
    warnings.extend(f"{name}: unknown key {section}.{key} is ignored" for key in values if key not in known)
    chosen = {}
    for key, spec in known.items():
        if key not in values or values[key] is None:  # an emptied key means its default
            continue
        value = values[key]
        if value is False and spec.metadata["false"]:
            value = spec.metadata["false"]
        allowed = spec.metadata["check"](value)
        if allowed is not None:
            raise PetcamError(
                Code.BAD_CONFIG, f"{name}: {section}.{key}: {_show(values[key])} is not allowed; it must be {allowed}"
            )
        chosen[key] = value
    return cls(**chosen)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
