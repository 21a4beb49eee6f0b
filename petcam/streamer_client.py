"""petcam-streamer over HTTP, for all threads of the web server.

``requests.Session`` is safe to share as long as nothing changes it: it is set up here and never touched again, keeps
no cookies and follows no redirects, and urllib3's pool below it hands each connection to one thread at a time.

Reads, which each page asks for again and again, go to such a pool directly: what a session does besides takes 0.4 ms,
more than the answer itself. They are kept alive. A connection that the streamer closed while it was idle is noticed
before it is used; if it closes in that very moment, nothing of an answer has come and the read is asked once more.
Control must not be done twice: it is never repeated, and has a session whose connections all end after their answer,
so none is ever old.
"""

import http.client
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.system.network import from_here

READ_TIMEOUT = 2.0  # seconds
CONTROL_TIMEOUT = 5.0
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


def streamer_url(config: Config) -> str:
    """``GO_SERVER_URL``, or where the configuration puts the streamer as seen from this machine."""
    default = f"http://{from_here(config.streamer.host)}:{config.streamer.port}"
    return os.environ.get("GO_SERVER_URL", "").rstrip("/") or default


class StreamerClient:
    """Each call raises :class:`PetcamError` ``STREAMER_UNAVAILABLE``, ``STREAMER_TIMEOUT`` or ``PROXY``."""

    def __init__(self, base_url: str, connections: int = 8) -> None:
        self._base_url = base_url
        self._prefix = urlsplit(base_url).path
        self._reads = urllib3.connection_from_url(base_url, maxsize=connections, retries=False, timeout=READ_TIMEOUT)
        self._controls = _session(connections)
        self._lock = threading.Lock()
        self._trouble: Code | None = None  # as last logged; guarded by _lock

    def read(self, path: str) -> Answer:
        """``GET``, within 2 s."""
        get = partial(self._get, self._prefix + path)
        try:
            return self._ask(get)
        except PetcamError as error:
            if not isinstance(_origin(error), ConnectionResetError | BrokenPipeError):  # RemoteDisconnected is one
                raise
        return self._ask(get)

    def control(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """``POST`` of JSON, within 5 s, at most once."""
        headers = {**(headers or {}), "Content-Type": "application/json", "Connection": "close"}
        return self._ask(partial(self._post, self._base_url + path, body, headers))

    def close(self) -> None:
        self._reads.close()
        self._controls.close()

    def _get(self, path: str) -> Answer:
        response = self._reads.urlopen("GET", path, redirect=False)
        return Answer(response.status, response.data, response.headers.get("Retry-After", ""))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        response = self._controls.post(
            url, body, headers=headers, timeout=CONTROL_TIMEOUT, allow_redirects=False, proxies={}
        )
        return Answer(response.status_code, response.content, response.headers.get("Retry-After", ""))

    def _ask(self, send: Callable[[], Answer]) -> Answer:
        try:
            answer = send()
            json.loads(answer.body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, RecursionError) as error:
            code = _code(error)
            self._note(code, error)
            raise PetcamError(code, MESSAGES[code]) from error
        self._note(None)
        return answer

    def _note(self, trouble: Code | None, error: Exception | None = None) -> None:
        """Log trouble when it begins, changes or ends, not at each poll of each page."""
        with self._lock:
            before, self._trouble = self._trouble, trouble
        if trouble is not None and trouble != before:
            _log.warning("%s: %s", trouble.value, error)
        elif trouble is None and before is not None:
            _log.info("Go server answers again")


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither proxies nor .netrc for loopback, and a third of the time
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return session


def _code(error: BaseException) -> Code:
    origin = _origin(error)
    if isinstance(origin, TimeoutError):
        return Code.STREAMER_TIMEOUT
    # RemoteDisconnected is an HTTPException too, but it is also a ConnectionResetError: there was no answer at all.
    return Code.STREAMER_UNAVAILABLE if isinstance(origin, OSError) else Code.PROXY


def _origin(error: BaseException) -> BaseException | None:
    """What the socket or http.client raised: requests wraps urllib3's errors, and those wrap these.

    Not simply the innermost: urllib3 1.26 raises from within the handling of an error of no meaning.
    """
    origin: BaseException | None = None
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError | http.client.HTTPException) and not isinstance(link, requests.RequestException):
            origin = link
        link = link.__cause__ or link.__context__
    return origin
