"""petcam under attack: how long the owner, who is logged in, waits for the page meanwhile, what memory the services
take and give back, and whether the time of an answer tells whether a password was right."""

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

OWNER, VIEWER = "the owner's own words", "words for the viewers"
PAGE_LIMIT = 1000.0  # ms
PAUSE = 0.05  # seconds between the owner's requests
HOLD = 20.0  # seconds for which slow connections are held
LONGEST = 60.0  # seconds that an attack may take which ends by itself
SETTLE = 45.0  # seconds after the attacks until memory is read again
TRIES = 12  # passwords of each kind: within what all strangers together may try at once
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def figures() -> list[Figure]:
    with running(login=True) as camera:
        camera.run("password", given=OWNER + "\n")
        camera.run("password", "--viewer", given=VIEWER + "\n")
        found = _login_figures([_answers(camera, number) for number in range(TRIES)])
        memory = Memory(camera)
        found += _siege(camera, memory)
        time.sleep(SETTLE)
        return [*found, *memory.figures()]


class Memory:
    """Of the services that are attacked."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._before = self._most = self._now()

    def look(self) -> None:
        self._most = {name: max(self._most[name], now) for name, now in self._now().items()}

    def figures(self) -> list[Figure]:
        after = self._now()
        return [
            Figure(f"memory of {name} {when}", value[name], "MiB")
            for name in after
            for when, value in (("before", self._before), ("at most", self._most), (f"{SETTLE:g} s after", after))
        ]

    def _now(self) -> dict[str, float]:
        return {name: value for name, value in self._camera.memory().items() if name != "feed"}


def _answers(camera: Camera, number: int) -> tuple[float, float, float]:
    """To the right password, a wrong one, and one while none is set; in turn, as machines drift. In ms."""
    right, wrong = (_try(camera, f"127.{number}.0.{n}", word) for n, word in enumerate((OWNER, "a guess"), 1))
    owner = camera.directory / "owner.json"
    kept = owner.rename(owner.with_suffix(".kept"))
    unset = _try(camera, f"127.{number}.0.3", "a guess")
    kept.rename(owner)
    return right, wrong, unset


def _login_figures(answers: list[tuple[float, float, float]]) -> list[Figure]:
    right, wrong, unset = (statistics.median(times) for times in zip(*answers, strict=True))
    return [
        Figure("answer to a wrong password, median", wrong, "ms"),
        Figure("answer to the right password over that to a wrong one, medians", right / wrong, ""),
        Figure("answer while no password is set over that to a wrong one, medians", unset / wrong, ""),
    ]


def _siege(camera: Camera, memory: Memory) -> list[Figure]:
    owner, viewer = _log_in(camera, OWNER), _log_in(camera, VIEWER)
    lan, web, streamer, tls = lan_address(), camera.web_port, camera.streamer_port, camera.tls_port
    found = _page_figures("with nothing else", _pages(camera, owner, memory, lambda: False, 3.0))
    for name, kind, host, port, given in (
        ("during 5,000 wrong passwords of 5,000 addresses", "passwords", "127.0.0.1", web, ""),
        ("during 500 slow connections to the page", "slow", lan, web, ""),
        ("during 500 slow connections to the streamer", "slow", lan, streamer, ""),
        ("during 500 slow connections by HTTPS", "slow-tls", lan, tls, ""),
        ("during 1,000 offers without a token", "strangers", lan, streamer, ""),
        ("during 1,000 offers of one who is logged in", "offers", lan, web, viewer),
    ):
        with _attacker(kind, host, port, given) as attacker:
            seconds = HOLD if kind.startswith("slow") else LONGEST
            found += _page_figures(name, _pages(camera, owner, memory, partial(_is_over, attacker), seconds))
    return found


def _pages(camera: Camera, cookie: str, memory: Memory, over: Callable[[], bool], seconds: float) -> list[float]:
    """How long the owner waits for the page, in ms, each time by a new connection. Ends when it is over, or after
    ``seconds``."""
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not over():
        times.append(_page(camera, cookie))
        memory.look()
        time.sleep(PAUSE)
    return times


def _page_figures(name: str, times: list[float]) -> list[Figure]:
    return [
        Figure(f"owner's page {name}, median", statistics.median(times), "ms", PAGE_LIMIT),
        Figure(f"owner's page {name}, worst of {len(times)}", max(times), "ms", PAGE_LIMIT),
    ]


@contextmanager
def _attacker(kind: str, host: str, port: int, given: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "bench.attacker", kind, host, str(port)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as attacker:
        assert attacker.stdin is not None and attacker.stdout is not None
        attacker.stdin.write(given + "\n")
        attacker.stdin.close()
        try:
            yield attacker
        finally:
            attacker.kill()
            print(f"{kind}: answers by status {attacker.stdout.read().strip()}", file=sys.stderr)


def _is_over(attacker: "subprocess.Popen[str]") -> bool:
    return attacker.poll() is not None


def _log_in(camera: Camera, password: str) -> str:
    """The session's cookie."""
    _, headers = _post(camera, password, "127.0.0.1")
    return headers["Set-Cookie"].partition(";")[0]


def _try(camera: Camera, source: str, password: str) -> float:
    """Milliseconds until the login has answered, asked from an address that has not asked before."""
    began = time.monotonic()
    _post(camera, password, source)
    return 1000 * (time.monotonic() - began)


def _post(camera: Camera, password: str, source: str) -> tuple[int, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=30, source_address=(source, 0))
    connection.request("POST", "/login", urlencode({"password": password}), FORM)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers


def _page(camera: Camera, cookie: str) -> float:
    """Milliseconds until the page is there."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", camera.web_port, timeout=30)
    connection.request("GET", "/", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the owner's page: {answer.status}")
    return 1000 * (time.monotonic() - began)
