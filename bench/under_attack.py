"""petcam under attack: how long the logged-in owner waits for the page, how much memory the services take and release,
and whether the response time reveals that a password is right."""

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode

from bench.camera import ROOT, Camera, running
from bench.figure import Figure
from petcam.system.network import lan_address

OWNER_PASSWORD, VIEWER_PASSWORD = "the owner's own words", "words for the viewers"
MAX_PAGE_MS = 1000.0
PAUSE_SECONDS = 0.05  # between the owner's requests
HOLD_SECONDS = 20.0  # for which slow connections are held
MAX_ATTACK_SECONDS = 60.0  # of an attack that ends by itself
SETTLE_SECONDS = 45.0  # after the attacks, before memory is read again
TRIES_PER_KIND = 12  # passwords of each kind; few enough for the limit that all unknown clients share
FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def figures() -> list[Figure]:
    with running(login=True) as camera:
        camera.run("password", stdin=OWNER_PASSWORD + "\n")
        camera.run("password", "--viewer", stdin=VIEWER_PASSWORD + "\n")
        found = _login_figures([_login_times(camera, number) for number in range(TRIES_PER_KIND)])
        memory = MemoryRecord(camera)
        found += _attack(camera, memory)
        time.sleep(SETTLE_SECONDS)
        return [*found, *memory.figures()]


class MemoryRecord:
    """The memory of the attacked services: before, maximum, afterwards."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._before = self._max = self._now()

    def update(self) -> None:
        self._max = {name: max(self._max[name], now) for name, now in self._now().items()}

    def figures(self) -> list[Figure]:
        after = self._now()
        return [
            Figure(f"memory of {name} {when}", value[name], "MiB")
            for name in after
            for when, value in (
                ("before", self._before),
                ("at most", self._max),
                (f"{SETTLE_SECONDS:g} s after", after),
            )
        ]

    def _now(self) -> dict[str, float]:
        return {name: value for name, value in self._camera.memory().items() if name != "feed"}


def _login_times(camera: Camera, number: int) -> tuple[float, float, float]:
    """Response times in ms to the right password, a wrong one, and one while none is set; measured in turn, so that
    changes of the machine's load affect all three."""
    right, wrong = (
        _login_ms(camera, f"127.{number}.0.{n}", word) for n, word in enumerate((OWNER_PASSWORD, "a guess"), 1)
    )
    owner = camera.directory / "owner.json"
    moved = owner.rename(owner.with_suffix(".kept"))
    unset = _login_ms(camera, f"127.{number}.0.3", "a guess")
    moved.rename(owner)
    return right, wrong, unset


def _login_figures(answers: list[tuple[float, float, float]]) -> list[Figure]:
    right, wrong, unset = (statistics.median(times) for times in zip(*answers, strict=True))
    return [
        Figure("answer to a wrong password, median", wrong, "ms"),
        Figure("answer to the right password over that to a wrong one, medians", right / wrong, ""),
        Figure("answer while no password is set over that to a wrong one, medians", unset / wrong, ""),
    ]


def _attack(camera: Camera, memory: MemoryRecord) -> list[Figure]:
    owner, viewer = _log_in(camera, OWNER_PASSWORD), _log_in(camera, VIEWER_PASSWORD)
    lan, web, streamer, tls = lan_address(), camera.web_port, camera.streamer_port, camera.tls_port
    found = _page_figures("with nothing else", _page_times(camera, owner, memory, lambda: False, 3.0))
    for name, kind, host, port, stdin in (
        ("during 5,000 wrong passwords of 5,000 addresses", "passwords", "127.0.0.1", web, ""),
        ("during 500 slow connections to the page", "slow", lan, web, ""),
        ("during 500 slow connections to the streamer", "slow", lan, streamer, ""),
        ("during 500 slow connections by HTTPS", "slow-tls", lan, tls, ""),
        ("during 1,000 offers without a token", "strangers", lan, streamer, ""),
        ("during 1,000 offers of one who is logged in", "offers", lan, web, viewer),
    ):
        with _attacker(kind, host, port, stdin) as attacker:
            seconds = HOLD_SECONDS if kind.startswith("slow") else MAX_ATTACK_SECONDS
            found += _page_figures(name, _page_times(camera, owner, memory, partial(_has_ended, attacker), seconds))
    return found


def _page_times(
    camera: Camera, cookie: str, memory: MemoryRecord, ended: Callable[[], bool], seconds: float
) -> list[float]:
    """How long the owner waits for the page, in ms, each time with a new connection, until ``ended()`` or for
    ``seconds``."""
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not ended():
        times.append(_page_ms(camera, cookie))
        memory.update()
        time.sleep(PAUSE_SECONDS)
    return times


def _page_figures(name: str, times: list[float]) -> list[Figure]:
    return [
        Figure(f"owner's page {name}, median", statistics.median(times), "ms", MAX_PAGE_MS),
        Figure(f"owner's page {name}, worst of {len(times)}", max(times), "ms", MAX_PAGE_MS),
    ]


@contextmanager
def _attacker(kind: str, host: str, port: int, stdin: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "bench.attacker", kind, host, str(port)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as attacker:
        assert attacker.stdin is not None and attacker.stdout is not None
        attacker.stdin.write(stdin + "\n")
        attacker.stdin.close()
        try:
            yield attacker
        finally:
            attacker.kill()
            print(f"{kind}: answers by status {attacker.stdout.read().strip()}", file=sys.stderr)


def _has_ended(attacker: "subprocess.Popen[str]") -> bool:
    return attacker.poll() is not None


def _log_in(camera: Camera, password: str) -> str:
    """Log in; returns the session's cookie."""
    _, headers = _post(camera, password, "127.0.0.1")
    return headers["Set-Cookie"].partition(";")[0]


def _login_ms(camera: Camera, source: str, password: str) -> float:
    """Milliseconds until the login answers; ``source`` must be an address that was not used before."""
    began = time.monotonic()
    _post(camera, password, source)
    return 1000 * (time.monotonic() - began)


def _post(camera: Camera, password: str, source: str) -> tuple[int, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=30, source_address=(source, 0))
    connection.request("POST", "/login", urlencode({"password": password}), FORM_HEADERS)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers


def _page_ms(camera: Camera, cookie: str) -> float:
    """Milliseconds until the page has arrived."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=30)
    connection.request("GET", "/", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the owner's page: {answer.status}")
    return 1000 * (time.monotonic() - began)
