"""Cameras by mDNS (RFC 6762) and DNS service discovery (RFC 6763): one-shot questions, and the answers taken apart."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from petcam.discovery.multicast import Question

GROUP, PORT = "224.0.0.251", 5353
PTR, TXT, SRV, INTERNET = 12, 16, 33, 1
RTSP, ONVIF = (b"_rtsp", b"_tcp", b"local"), (b"_onvif", b"_tcp", b"local")
SERVICES = ((RTSP, PTR), (ONVIF, PTR))  # to be asked for
MAX_RECORDS = 64  # of a message
MAX_NAME = 255  # bytes, as DNS has it
MAX_LABELS = 64
MAX_POINTERS = 16  # of a name: a chain of thousands would cost as many steps for each name that ends in it
MAX_KNOWN = 128  # names of each kind that are kept

Name = tuple[bytes, ...]  # labels


@dataclass(frozen=True)
class MdnsCamera:
    """``port`` is 0 and ``path`` empty where it does not say. All of it is unchecked."""

    name: str
    service: Name
    port: int
    path: str


@dataclass
class Knowledge:
    """What the answers of one device said together. Take each, then ask for cameras."""

    instances: dict[Name, Name] = field(default_factory=dict)  # and of which service
    ports: dict[Name, int] = field(default_factory=dict)
    paths: dict[Name, str] = field(default_factory=dict)

    def take(self, data: bytes) -> None:
        """Of an answer that breaks off what came before that counts."""
        for name, kind, at, end in _records(data):
            try:
                self._take(data, name, kind, at, end)
            except (ValueError, struct.error, IndexError):
                continue

    def _take(self, data: bytes, name: Name, kind: int, at: int, end: int) -> None:
        service = tuple(label.lower() for label in name)
        if kind == PTR and service in (RTSP, ONVIF):
            _put(self.instances, _name(data, at)[0], service)
        elif kind == SRV:
            _, _, port = struct.unpack_from(">HHH", data, at)
            _put(self.ports, name, port)
        elif kind == TXT:
            _put(self.paths, name, _path(data[at:end]))

    def unknown(self) -> list[tuple[Name, int]]:
        """What to ask further."""
        return [(name, kind) for name in self.instances if name not in self.ports for kind in (SRV, TXT)]

    def cameras(self) -> list[MdnsCamera]:
        return [
            MdnsCamera(name[0].decode("utf-8", "replace"), service, self.ports.get(name, 0), self.paths.get(name, ""))
            for name, service in self.instances.items()
            if name
        ]


def _put(known: dict[Name, Any], name: Name, value: Any) -> None:
    if name in known or len(known) < MAX_KNOWN:
        known[name] = value


def question(wanted: Iterable[tuple[Name, int]]) -> Question:
    """From a port of our own it is a one-shot question: the answers come to it alone (RFC 6762, 5.1 and 6.7)."""
    parts = [_written(name) + struct.pack(">HH", kind, INTERNET) for name, kind in wanted]
    return Question(struct.pack(">6H", 0, 0, len(parts), 0, 0, 0) + b"".join(parts), GROUP, PORT)


def _written(name: Name) -> bytes:
    return b"".join(bytes((len(label),)) + label for label in name) + b"\0"


def _records(data: bytes) -> list[tuple[Name, int, int, int]]:
    """Name, type, and where the data of each record begins and ends."""
    found: list[tuple[Name, int, int, int]] = []
    try:
        _, flags, questions, *counts = struct.unpack_from(">6H", data)
        if not flags & 0x8000 or questions > MAX_RECORDS:  # it is no answer
            return found
        at = 12
        for _ in range(questions):
            at = _name(data, at)[1] + 4
        for _ in range(min(sum(counts), MAX_RECORDS)):
            name, at = _name(data, at)
            kind, _, _, size = struct.unpack_from(">HHIH", data, at)
            at += 10
            if at + size > len(data):
                break
            found.append((name, kind, at, at + size))
            at += size
    except (ValueError, struct.error, IndexError):
        pass
    return found


def _name(data: bytes, at: int) -> tuple[Name, int]:
    """The name at a place, and where what follows it begins. A pointer must lead further back than the one before.

    Raises ``ValueError``, ``IndexError``.
    """
    labels: list[bytes] = []
    size, end, lowest, pointers = 0, 0, at, 0
    while length := data[at]:
        if length & 0xC0 == 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | data[at + 1]
            pointers += 1
            if at >= lowest or pointers > MAX_POINTERS:
                raise ValueError("a pointer that leads nowhere")
            lowest = at
            continue
        label = data[at + 1 : at + 1 + length]
        size += length + 1
        if length > 63 or len(label) < length or size > MAX_NAME or len(labels) >= MAX_LABELS:
            raise ValueError("a name that cannot be")
        labels.append(label)
        at += length + 1
    return tuple(labels), end or at + 1


def _path(data: bytes) -> str:
    """Of a TXT record, a list of strings with their lengths before them, the one ``path=``."""
    at = 0
    while at < len(data):
        text = data[at + 1 : at + 1 + data[at]]
        if text.lower().startswith(b"path="):
            path = text[5:].decode("ascii", "replace")
            return path if path.startswith("/") or not path else f"/{path}"
        at += 1 + data[at]
    return ""
