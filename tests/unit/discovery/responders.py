"""Devices of a network, as they answer to WS-Discovery and mDNS."""

import socket
import struct
import threading

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>{before}<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
    "<s:Body><d:ProbeMatches><d:ProbeMatch><d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes>"
    "<d:XAddrs>http://192.168.1.20/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
)


def probe_match(*scopes: str, types: str = "dn:NetworkVideoTransmitter", before: str = "") -> bytes:
    """The answer of an ONVIF camera; ``scopes`` are like "name/Garden"."""
    written = " ".join(f"onvif://www.onvif.org/{scope}" for scope in scopes)
    return ENVELOPE.format(types=types, scopes=written, before=before).encode()


def dns_name(*labels: str | bytes) -> bytes:
    parts = [label if isinstance(label, bytes) else label.encode() for label in labels]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack(">HHIH", kind, 0x8001, 120, len(data)) + data


def dns_answer(*records: bytes) -> bytes:
    return struct.pack(">6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def rtsp_service(label: str, port: int = 8554, path: str | None = "/cam") -> tuple[bytes, bytes, bytes]:
    """PTR, SRV and TXT of a camera."""
    service = ("_rtsp", "_tcp", "local")
    name = dns_name(label, *service)
    place = struct.pack(">HHH", 0, 0, port) + dns_name("cam", "local")
    text = b"" if path is None else f"path={path}".encode()
    return (
        record(dns_name(*service), 12, name),
        record(name, 33, place),
        record(name, 16, bytes((len(text),)) + text),
    )


class Responder:
    """A context manager: hears a group on the loopback interface, and answers each question with ``answers``,
    on request each from an address of its own.

    Owns a thread that ends with it.
    """

    def __init__(self, group: str, answers: list[bytes], has_many_addresses: bool = False) -> None:
        self.heard: list[bytes] = []
        self._answers, self._has_many_addresses = answers, has_many_addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((group, 0))
        membership = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Responder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            own.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:  # a group is no address to send from
            while True:
                question, asker = self._socket.recvfrom(9000)
                if not question:
                    return
                self.heard.append(question)
                for number, answer in enumerate(self._answers):
                    if self._has_many_addresses:
                        _send_from(f"127.1.{number >> 8}.{number & 255}", answer, asker)
                    else:
                        own.sendto(answer, asker)


def _send_from(address: str, data: bytes, asker: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind((address, 0))
        own.sendto(data, asker)
