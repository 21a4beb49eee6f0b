"""ONVIF cameras by WS-Discovery 1.0 (a SOAP message by UDP multicast): the question, and what the answers say."""

import uuid
from urllib.parse import unquote
from xml.parsers import expat

from petcam.discovery.multicast import Question

GROUP, PORT = "239.255.255.250", 3702
MAX_DEPTH = 32  # of elements in elements
MAX_TEXT = 4096  # letters of an element that are kept
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
SCOPE = "onvif://www.onvif.org/"
_PROBE = """<?xml version="1.0" encoding="utf-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="{discovery}" xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header>
<w:MessageID>uuid:{id}</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">{discovery}/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


def question() -> Question:
    return Question(_PROBE.format(id=uuid.uuid4(), discovery=DISCOVERY).encode(), GROUP, PORT)


def camera_name(data: bytes) -> str | None:
    """What the camera that sent an answer calls itself, unchecked; None where it is no camera's answer."""
    texts = _texts(data)
    if texts is None:
        return None
    scopes = [scope[len(SCOPE) :] for scope in texts["Scopes"].split() if scope.startswith(SCOPE)]
    if not scopes and "NetworkVideoTransmitter" not in texts["Types"]:
        return None
    words = {kind: unquote(rest) for kind, _, rest in (scope.partition("/") for scope in reversed(scopes))}
    return " ".join(dict.fromkeys(word for word in (words.get("name"), words.get("hardware")) if word))


def _texts(data: bytes) -> dict[str, str] | None:
    """Of the first match in the answer; None: it is no XML, or more than such an answer needs.

    Expat is asked for elements and text alone: a document type, where entities are declared, ends it.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _Refused, ValueError, LookupError):
        return None
    return reader.found


class _Refused(Exception):
    pass


class _Reader:
    def __init__(self) -> None:
        self.found = {"Types": "", "Scopes": ""}
        self._path: list[str] = []

    def refuse(self, *_: object) -> None:
        raise _Refused

    def begin(self, name: str, _: object) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise _Refused
        self._path.append(name)

    def end(self, _: str) -> None:
        key = self._key()
        self._path.pop()
        if key and self.found[key]:
            self.found[key] += " "

    def text(self, text: str) -> None:
        key = self._key()
        if key and len(self.found[key]) < MAX_TEXT:
            self.found[key] += text[:MAX_TEXT]

    def _key(self) -> str:
        """Which of the texts this is; empty: none of them."""
        *parents, name = self._path
        space, _, local = name.partition(" ")
        is_wanted = space == DISCOVERY and local in self.found and f"{DISCOVERY} ProbeMatch" in parents
        return local if is_wanted else ""
