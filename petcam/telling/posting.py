"""One HTTP request with bounds on all that it may take. Each has a connection of its own, so that none is ever stale.

Not by ``requests``, which would be 8 MiB more in a process that is to stay small, nor by the environment's proxies.
"""

import base64
import http.client
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from petcam.telling.way import NotSentError, UnclearError

CONNECT_SECONDS = 10.0  # for each address of a host
ANSWER_SECONDS = 15.0  # without a byte
TOTAL_SECONDS = 30.0  # once it is connected
MAX_ANSWER = 16 * 1024  # bytes that are read
PATH_CHARACTERS = "%/:=&?~+!$,;'@()*[]"


class Answer(NamedTuple):
    status: int
    body: bytes
    location: str  # of a redirect, its scheme and host alone


class Bounds(NamedTuple):
    connect: float = CONNECT_SECONDS
    answer: float = ANSWER_SECONDS
    total: float = TOTAL_SECONDS


@dataclass(frozen=True, repr=False)  # which would have the password
class Place:
    """Where a URL leads. Raises ValueError where it is none."""

    url: str
    scheme: str = field(init=False)
    host: str = field(init=False)
    port: int = field(init=False)
    path: str = field(init=False)
    user: str | None = field(init=False)
    password: str | None = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        scheme = parts.scheme.lower()
        secure = scheme in ("https", "ntfys")
        path = quote(parts.path or "/", PATH_CHARACTERS) + (
            f"?{quote(parts.query, PATH_CHARACTERS)}" if parts.query else ""
        )
        if not parts.hostname:
            raise ValueError("it has no host")
        values = {
            "scheme": scheme,
            "host": parts.hostname,
            "port": parts.port or (443 if secure else 80),
            "path": path,
            "user": None if parts.username is None else unquote(parts.username),
            "password": None if parts.password is None else unquote(parts.password),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "ntfys")

    @property
    def name(self) -> str:
        """Without what may be secret: user, path and query."""
        return f"{self.scheme}://{self.host}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"

    def basic(self) -> str:
        """The header Authorization; empty: the URL names no user."""
        if self.user is None:
            return ""
        pair = f"{self.user}:{self.password or ''}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def send(
    place: Place,
    method: str,
    body: bytes,
    headers: Mapping[str, str],
    bounds: Bounds = Bounds(),  # noqa: B008  # a tuple
) -> Answer:
    """Raises :class:`NotSentError` where nothing has arrived, :class:`UnclearError` where that is not known."""
    with _connected(place, bounds) as connection:
        try:
            connection.request(method, place.path, body, {"Host": place.authority, "Connection": "close", **headers})
        except OSError as error:
            return _early_answer(connection, error)
        except (http.client.HTTPException, ValueError, UnicodeError) as error:
            raise NotSentError("the URL cannot be used") from error
        try:
            return _answer(connection)
        except TimeoutError as error:
            raise UnclearError(f"no answer for {bounds.answer:g} s: it may have arrived") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnclearError("the connection ended without an answer: it may have arrived") from error


@contextmanager
def _connected(place: Place, bounds: Bounds) -> Iterator[http.client.HTTPConnection]:
    """Which is shut down once ``bounds.total`` is over, whatever is waited for."""
    try:
        raw = socket.create_connection((place.host, place.port), bounds.connect)
    except (OSError, UnicodeError) as error:
        raise NotSentError(f"cannot be reached: {_why(error)}") from error
    twin = socket.socket(fileno=os.dup(raw.fileno()))  # also where TLS has taken raw over
    alarm = Timer(bounds.total, _shut, [twin])
    alarm.daemon = True
    alarm.start()
    try:
        raw.settimeout(bounds.answer)
        connection = http.client.HTTPConnection(place.host, place.port)
        connection.sock = _secured(raw, place) if place.is_secure else raw
        yield connection
        connection.close()
    finally:
        alarm.cancel()
        alarm.join()
        twin.close()
        raw.close()


def _secured(raw: socket.socket, place: Place) -> ssl.SSLSocket:
    try:
        return ssl.create_default_context().wrap_socket(raw, server_hostname=place.host)
    except ssl.SSLCertVerificationError as error:
        raise NotSentError(f"its certificate is refused: {error.verify_message}") from error
    except (OSError, ValueError) as error:
        raise NotSentError("it does not speak TLS there") from error


def _early_answer(connection: http.client.HTTPConnection, error: OSError) -> Answer:
    """Of who had read enough to refuse the rest."""
    try:
        return _answer(connection)
    except (OSError, http.client.HTTPException, ValueError):
        raise NotSentError("the connection broke while it was sent") from error


def _answer(connection: http.client.HTTPConnection) -> Answer:
    answer = connection.getresponse()
    body = b""
    with suppress(OSError, http.client.HTTPException, ValueError):  # its status says all that is needed
        body = answer.read(MAX_ANSWER)
    location = ""
    if 300 <= answer.status < 400:
        with suppress(ValueError):
            parts = urlsplit(answer.getheader("Location", ""))
            location = f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    return Answer(answer.status, body, location)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, socket.gaierror):
        return "its name is not known (DNS)"
    return getattr(error, "strerror", None) or "its name is none"
