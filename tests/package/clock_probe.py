"""Runs in the machine of test_clock: makes a recording, in the middle of which the clock is set; prints what it saw."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

UNITS = ("petcam-web", "petcam-streamer", "petcam-feed")
PAGE, MEDIA = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
RECORDINGS = Path("/var/lib/petcam/recordings")
PASSWORD = "a password of the tests"
NEXT_YEAR = 1_800_000_000  # Unix time


class Stay(urllib.request.HTTPRedirectHandler):
    """The session's cookie is in the redirect's own head."""

    def redirect_request(self, *_: Any) -> None:
        return None


opener = urllib.request.build_opener(Stay)


def ask(url: str, data: bytes | None = None, cookie: str = "") -> tuple[str, str]:
    """Body, and the cookie that was set."""
    request = urllib.request.Request(url, data, {"Cookie": cookie} if cookie else {})
    if data == b"{}":
        request.add_header("Content-Type", "application/json")
    try:
        answer = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.read().decode(), (answer.headers["Set-Cookie"] or "").partition(";")[0]


def eventually(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def system(*words: str) -> str:
    return subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, text=True).stdout.strip()


def of_each_unit(name: str) -> list[str]:
    return [system("show", "--value", "-p", name, unit) for unit in UNITS]


def frames(session: str) -> int:
    return int(json.loads(ask(f"{PAGE}/api/recording/status", cookie=session)[0])["frame_count"])


def record_while_the_clock_is_set() -> int:
    """The recording's bytes."""
    subprocess.run(["petcam", "password"], input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    _, session = ask(f"{PAGE}/login", f"password={PASSWORD.replace(' ', '+')}".encode())
    ask(f"{PAGE}/api/recording/start", b"{}", session)
    eventually(lambda: frames(session) > 30)
    before = frames(session)
    time.clock_settime(time.CLOCK_REALTIME, NEXT_YEAR)
    # As somebody who opens the page now: the old session may have ended with its time.
    _, session = ask(f"{PAGE}/login", f"password={PASSWORD.replace(' ', '+')}".encode())
    eventually(lambda: frames(session) > before + 60)
    stopped = json.loads(ask(f"{PAGE}/api/recording/stop", b"{}", session)[0])
    return (RECORDINGS / stopped["filename"]).stat().st_size


year = time.gmtime().tm_year
eventually(lambda: json.loads(ask(f"{MEDIA}/health")[0])["camera"]["state"] == "live")
recorded = record_while_the_clock_is_set()
seen = {
    "year": year,
    "recorded": recorded,
    "states": of_each_unit("ActiveState"),
    "restarts": of_each_unit("NRestarts"),
    "failed": system("list-units", "--failed", "--no-legend", "--plain", "petcam*"),
}
print(json.dumps(seen))
