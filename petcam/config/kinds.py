"""The kinds of values: what a key's text may be, and the value that it gives."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

WHOLE = re.compile(r"0|[1-9][0-9]{0,18}")
URL_BEGINS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/*")
DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+")
MAX_CLASS_NAME_BYTES = 32  # that fit into shared memory
# How else a choice of off or on may be written, in small or capital letters.
SWITCH = {"off": "off", "no": "off", "false": "off", "on": "on", "yes": "on", "true": "on"}


def _always(_: str) -> bool:
    return True


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class Kind:
    """``read`` gives a text's value, None where it is not allowed; ``words`` say what is.

    ``works`` tells whether one that is allowed can work: where not, the services start all the same, and check-config
    refuses it. ``public`` is what of a text may be shown.
    """

    words: str
    read: Callable[[str], Any]
    is_list: bool = False  # of such values
    works: Callable[[str], bool] = _always
    public: Callable[[str], str] = _as_it_is


def whole(low: int, high: int) -> Kind:
    def read(text: str) -> int | None:
        return int(text) if WHOLE.fullmatch(text) and low <= int(text) <= high else None

    return Kind(f"a whole number from {low} to {high}", read)


def number(low: float, high: float) -> Kind:
    def read(text: str) -> float | None:
        return float(text) if DECIMAL.fullmatch(text) and low <= float(text) <= high else None

    return Kind(f"a number from {low:g} to {high:g}", read)


def choice(*words: str) -> Kind:
    def read(text: str) -> str | None:
        word = SWITCH.get(text.lower(), text)
        return word if word in words else None

    return Kind(" or ".join(words), read)


def matching(pattern: str, words: str, works: Callable[[str], bool] = _always) -> Kind:
    def read(text: str) -> str | None:
        return text if re.fullmatch(pattern, text) else None

    return Kind(words, read, works=works)


def _is_address_or_name(text: str) -> bool:
    """A colon is of an IPv6 address, or it is that of a port, which does not belong here."""
    if ":" not in text and not re.fullmatch(r"[0-9]+(\.[0-9]+){3}", text):
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_endpoint(text: str) -> bool:
    if matched := re.fullmatch(r"\[(.*)\]:([0-9]+)", text):
        return ":" in matched[1] and _is_address_or_name(matched[1]) and _is_port(matched[2])
    host, colon, port = text.partition(":")
    if not colon or ":" in port:
        return _is_address_or_name(text)
    return host != "" and _is_address_or_name(host) and _is_port(port)


def _is_port(digits: str) -> bool:
    return re.fullmatch(r"[0-9]{1,5}", digits) is not None and 1 <= int(digits) <= 65535


def _is_known_source(text: str) -> bool:
    """What begins as a URL does is one of a network camera."""
    return not URL_BEGINS.match(text) or re.match(r"(?i:rtsps?)://[^/?#]", text) is not None


def _without_secret(text: str) -> str:
    """Behind the scheme of a URL there may be a password."""
    matched = URL_BEGINS.match(text)
    return f"{matched[0]}..." if matched else text


def _all_secret(text: str) -> str:
    """Also where it is no URL: it may be the key that belongs into one."""
    matched = URL_BEGINS.match(text)
    return f"{matched[0]}..." if matched else "..."


def _is_known_way(text: str) -> bool:
    """An ntfy URL has a server and a topic; of others only Apprise knows."""
    return (
        not re.match(r"(?i:ntfys?):", text)
        or re.fullmatch(r"(?i:ntfys?)://[^/?#]+/[A-Za-z0-9_-]{1,64}", text) is not None
    )


def _is_broker(text: str) -> bool:
    return not text or _is_endpoint(text.partition("://")[2].rstrip("/")) or text.rstrip("/").endswith("]")


def _network(text: str) -> str | None:
    if not re.fullmatch(r"[0-9A-Fa-f.:]+(/(0|[1-9][0-9]*))?", text):
        return None  # of what ipaddress reads, only what Go reads too
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return text


def list_of(kind: Kind) -> Kind:
    """``kind`` has the words for several."""
    return replace(kind, words=f"a list of {kind.words}", is_list=True)


PORT = whole(1, 65535)
BYTES = whole(0, 2**62)
HOST_PATTERN = r"[A-Za-z0-9.:_-]{1,253}"
HOST = matching(HOST_PATTERN, "a host name or an IP address", _is_address_or_name)
HOSTS = list_of(matching(HOST_PATTERN, "host names or IP addresses"))
ENDPOINTS = list_of(
    matching(
        rf"{HOST_PATTERN}|\[[0-9A-Fa-f:.]{{2,45}}\]:[0-9]{{1,5}}",
        "host names or IP addresses, each with :PORT where that is another",
        _is_endpoint,
    )
)
NETWORKS = list_of(Kind("IP addresses or networks like 192.168.1.0/24", _network))
ICE_SERVERS = list_of(matching(r"(stun|stuns|turn|turns):\S+", "stun: or turn: URLs"))
# What a line of text, a file's name and an XML file can hold, in all alphabets. Not what changes how the rest is read.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_SPACES = r" \u00a0\u3000"


def _model(text: str) -> str | None:
    word = SWITCH.get(text.lower(), text)
    return word if word in ("auto", "off") or re.fullmatch(r"/[^\x00-\x1f]*", text) else None


def _class_name(text: str) -> str | None:
    fits = re.fullmatch(rf"[^{_UNSEEN}{_SPACES}]([^{_UNSEEN}]*[^{_UNSEEN}{_SPACES}])?", text)
    return text if fits and len(text.encode()) <= MAX_CLASS_NAME_BYTES else None


MODEL = Kind("auto, off or an absolute path", _model)
CLASSES = list_of(Kind("names of classes, each of 1 to 32 bytes", _class_name))
NAME = matching(
    rf"([^{_UNSEEN}{_SPACES}]([^{_UNSEEN}]{{0,38}}[^{_UNSEEN}{_SPACES}])?)?",
    "a name of at most 40 letters, digits, signs and spaces between them, or empty",
)
SEGMENT = matching(r"/[A-Za-z0-9._-]{1,200}", "a segment name like /petcam_stream")
DIRECTORY = matching(r"/[^\x00-\x1f]*", "an absolute path")
FILE = matching(r"(/[^\x00-\x1f]*)?", "an absolute path, or empty")
URL = matching(r"(https?://[^\s/]+(/\S*)?)?", "an http:// or https:// URL, or empty")
MICROPHONE = matching(r"[A-Za-z0-9._:,=@-]{0,100}", "source, default, an ALSA name like plughw:CARD=Device, or empty")
SOURCE = replace(
    matching(r"[^\x00-\x1f]*", "demo, a file, rpicam, rtsp://..., /dev/videoN, or empty", _is_known_source),
    public=_without_secret,
)
WAYS = list_of(
    replace(
        matching(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\x00-\x1f]+", "URLs like ntfy://HOST/TOPIC", _is_known_way),
        public=_all_secret,
    )
)
WEBHOOK = replace(URL, public=_all_secret)
MQTT = replace(
    matching(
        r"(mqtts?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?/?)?",
        "mqtt://HOST or mqtts://HOST, with :PORT where that is another, or empty",
        _is_broker,
    ),
    public=_all_secret,
)
USER = matching(r"[^\x00-\x1f]{0,200}", "a name of at most 200 characters, or empty")
