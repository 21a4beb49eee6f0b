"""The HTTP client of petcam-streamer, shared by all threads of the web server.

``requests.Session`` can be shared as long as nothing changes it: it is set up here and not changed afterwards, keeps no
cookies and follows no redirects, and urllib3's connection pool gives each connection to one thread at a time.

Reads, which every page repeats all the time, use such a pool directly: what a session adds takes 0.4 ms, more than the
answer itself. Their connections are kept alive. A connection that the streamer closed while it was idle is noticed
before it is used; if it is closed at that very moment, no part of an answer has arrived and the read is sent once more.
Control requests must not be carried out twice: they are never repeated, and each has a new connection, so that none is
ever stale.
"""

import http.client
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from petcam.errors import Code, PetcamError

READ_TIMEOUT_SECONDS = 2.0
CONTROL_TIMEOUT_SECONDS = 5.0
MAX_PIECE_BYTES = 65536  # of an answer that stays open
MESSAGES = {
    Code.STREAMER_UNAVAILABLE: "ストリーミングサーバーに接続できません",
    Code.STREAMER_TIMEOUT: "ストリーミングサーバーの応答がタイムアウトしました",
    Code.PROXY: "ストリーミングサーバーの応答が正しくありません",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the streamer answered; ``body`` is JSON."""

    status: int
    body: bytes
    retry_after: str = ""


class OpenAnswer:
    """An answer that stays open. It holds a connection until it is closed."""

    def __init__(self, response: "urllib3.BaseHTTPResponse") -> None:  # which urllib3 1.26 calls by another name
        self._response = response
        self.headers: Mapping[str, str] = response.headers

    def pieces(self) -> Iterator[bytes]:
        """Each as it comes, until the streamer ends it or falls silent."""
        try:
            yield from self._response.stream(MAX_PIECE_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # ValueError: closed by another thread
            _log.debug("an answer that was open ended: %s", error)

    def close(self) -> None:
        self._response.close()
        self._response.release_conn()


class StreamerClient:
    """Each call raises :class:`PetcamError` ``STREAMER_UNAVAILABLE``, ``STREAMER_TIMEOUT`` or ``PROXY``."""

    def __init__(self, base_url: str, connections: int = 8) -> None:
        self._base_url = base_url
        parts = urlsplit(base_url)
        self._prefix = parts.path
        self._address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"  # for the log
        self._reads = urllib3.connection_from_url(
            base_url, maxsize=connections, retries=False, timeout=READ_TIMEOUT_SECONDS
        )
        self._controls = _session(connections)
        self._lock = threading.Lock()
        self._last_failure: Code | None = None  # as last logged; guarded by _lock

    def read(self, path: str) -> Answer:
        """``GET``, within 2 s."""
        get = partial(self._get, self._prefix + path)
        try:
            return self._ask(get)
        except PetcamError as error:
            if not isinstance(
                _socket_error(error), ConnectionResetError | BrokenPipeError
            ):  # RemoteDisconnected is one
                raise
        return self._ask(get)

    def control(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Answer:
        """``POST`` of JSON, within ``timeout`` seconds, 5 where it is None, at most once."""
        headers = {**(headers or {}), "Content-Type": "application/json", "Connection": "close"}
        return self._ask(partial(self._post, self._base_url + path, body, headers, timeout or CONTROL_TIMEOUT_SECONDS))

    def open(self, path: str, timeout: float) -> OpenAnswer | Answer:
        """``GET`` of what is sent while it is made; ``timeout`` is how long the streamer may send nothing, in seconds.

        An ``Answer`` where it refuses.
        """
        opened: list[OpenAnswer] = []

        def send() -> Answer:
            response = self._reads.urlopen(
                "GET", self._prefix + path, redirect=False, preload_content=False, timeout=timeout
            )
            if response.status == HTTPStatus.OK:
                opened.append(OpenAnswer(response))
                return Answer(response.status, b"{}")
            return Answer(response.status, response.data, response.headers.get("Retry-After", ""))

        answer = self._ask(send)
        return opened[0] if opened else answer

    def close(self) -> None:
        self._reads.close()
        self._controls.close()

    def _get(self, path: str) -> Answer:
        response = self._reads.urlopen("GET", path, redirect=False)
        return Answer(response.status, response.data, response.headers.get("Retry-After", ""))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
        response = self._controls.post(url, body, headers=headers, timeout=timeout, allow_redirects=False, proxies={})
        return Answer(response.status_code, response.content, response.headers.get("Retry-After", ""))

    def _ask(self, send: Callable[[], Answer]) -> Answer:
        try:
            answer = send()
            json.loads(answer.body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, RecursionError) as error:
            code = _error_code(error)
            self._log_change(code, error)
            raise PetcamError(code, MESSAGES[code]) from error
        self._log_change(None)
        return answer

    def _log_change(self, failure: Code | None, error: BaseException | None = None) -> None:
        """Log a failure when it begins, changes or ends, not at each poll of each page."""
        with self._lock:
            before, self._last_failure = self._last_failure, failure
        if failure is not None and failure != before:
            _log.warning("petcam-streamer at %s %s", self._address, _in_words(error))
        elif failure is None and before is not None:
            _log.info("petcam-streamer at %s answers again", self._address)


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxies and no .netrc for loopback; it also takes a third of the time
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return session


def _error_code(error: BaseException) -> Code:
    origin = _socket_error(error)
    if isinstance(origin, TimeoutError):
        return Code.STREAMER_TIMEOUT
    # RemoteDisconnected is both an HTTPException and a ConnectionResetError: there was no answer at all.
    return Code.STREAMER_UNAVAILABLE if isinstance(origin, OSError) else Code.PROXY


def _in_words(error: BaseException | None) -> str:
    """What happened, to be read behind whom it was asked of: the libraries' own texts are for programmers."""
    origin = None if error is None else _socket_error(error)
    if isinstance(origin, TimeoutError):
        return "does not answer in time"
    if isinstance(origin, ConnectionResetError | BrokenPipeError):
        return "has ended the connection without an answer: it may just have stopped"
    if isinstance(origin, ConnectionRefusedError):
        return "is not there, nothing listens on that port"
    if isinstance(origin, OSError):
        return f"cannot be reached: {origin.strerror or 'no reason is known'}"
    return "gives an answer that makes no sense: another program may listen on that port"


def _socket_error(error: BaseException) -> BaseException | None:
    """What the socket or http.client raised: requests wraps urllib3's errors, and urllib3 wraps these.

    The innermost error is not always the right one: urllib3 1.26 raises while it handles an unrelated error of its own.
    """
    origin: BaseException | None = None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError | http.client.HTTPException) and not isinstance(cause, requests.RequestException):
            origin = cause
        cause = cause.__cause__ or cause.__context__
    return origin
