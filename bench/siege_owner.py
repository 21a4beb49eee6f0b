"""The owner under siege: asks for page and API by HTTP and HTTPS, IPv4 and IPv6, and notes how long it takes."""

import http.client
import itertools
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.siege_board import TLS, WEB
from bench.siege_lan import BOARD_V4, BOARD_V6, SiegeLan

PATHS = ("/", "/api/recording/status", "/", "/api/recordings")
PAUSE_SECONDS = 0.25
TIMEOUT_SECONDS = 30.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    at: float  # time.monotonic() at which it was asked for
    ms: float
    what: str  # by what way, and which path
    problem: str  # empty: it came, with status 200


class Asker:
    """Asks again and again by several ways in turn, in a thread of its own; ``answers`` grows meanwhile."""

    def __init__(self, lan: SiegeLan, place: str, ways: list[tuple[str, int, str]], paths: tuple[str, ...]) -> None:
        self.answers: list[Answer] = []
        self._lan, self._place, self._ways, self._paths = lan, place, ways, paths
        self._stop = threading.Event()

    @contextmanager
    def asking(self) -> Iterator[None]:
        thread = threading.Thread(target=self._ask_until_stopped)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _ask_until_stopped(self) -> None:
        for turn in itertools.count():
            host, port, cookie = self._ways[turn % len(self._ways)]
            path = self._paths[turn // len(self._ways) % len(self._paths)]
            self.answers.append(self._ask(host, port, path, cookie))
            if self._stop.wait(PAUSE_SECONDS):
                return

    def _ask(self, host: str, port: int, path: str, cookie: str) -> Answer:
        begin, problem = time.monotonic(), ""
        try:
            status, _, _ = request(self._lan, self._place, host, port, "GET", path, {"Cookie": cookie})
            problem = "" if status == 200 else str(status)
        except (OSError, http.client.HTTPException) as error:
            problem = type(error).__name__
        return Answer(begin, 1000 * (time.monotonic() - begin), f"{host}:{port}{path}", problem)


def owner(lan: SiegeLan, password: str) -> Asker:
    """Logs in by each scheme first."""
    by_http, by_https = (log_in(lan, "owner", BOARD_V4, port, password) for port in (WEB, TLS))
    ways = [(host, port, cookie) for port, cookie in ((WEB, by_http), (TLS, by_https)) for host in (BOARD_V4, BOARD_V6)]
    return Asker(lan, "owner", ways, PATHS)


def log_in(lan: SiegeLan, place: str, host: str, port: int, password: str) -> str:
    """The session's cookie."""
    status, headers, _ = request(
        lan, place, host, port, "POST", "/login", dict(FORM), urlencode({"password": password})
    )
    if status != 303:
        raise RuntimeError(f"the login answers {status}")
    return headers["Set-Cookie"].partition(";")[0]


def request(
    lan: SiegeLan, place: str, host: str, port: int, method: str, path: str, headers: dict[str, str], body: str = ""
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body, by a new connection from ``place``."""
    context = ssl._create_unverified_context()
    connection: http.client.HTTPConnection
    if port == TLS:
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        with lan.entered(place):
            connection.connect()
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
