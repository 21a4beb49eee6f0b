"""Runs in the machine of test_clock: makes a recording during which the clock is set; prints its findings as JSON."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

UNITS = ("petcam-web", "petcam-streamer", "petcam-feed")
PAGE_URL, STREAMER_URL = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
RECORDINGS = Path("/var/lib/petcam/recordings")
PASSWORD = "a password of the tests"
CORRECT_TIME = 1_800_000_000  # Unix time, to which the clock is set


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the session's cookie is in the headers of the redirect itself."""

    def redirect_request(self, *_: Any) -> None:
        return None


opener = urllib.request.build_opener(NoRedirect)


def fetch(url: str, data: bytes | None = None, cookie: str = "") -> tuple[str, str]:
    """Returns the body, and the cookie that was set."""
    request = urllib.request.Request(url, data, {"Cookie": cookie} if cookie else {})
    if data == b"{}":
        request.add_header("Content-Type", "application/json")
    try:
        answer = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.read().decode(), (answer.headers["Set-Cookie"] or "").partition(";")[0]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, text=True).stdout.strip()


def of_each_unit(name: str) -> list[str]:
    return [systemctl("show", "--value", "-p", name, unit) for unit in UNITS]


def frames(session: str) -> int:
    return int(json.loads(fetch(f"{PAGE_URL}/api/recording/status", cookie=session)[0])["frame_count"])


def record_while_the_clock_is_set() -> int:
    """Returns the recording's size in bytes."""
    subprocess.run(["petcam", "password"], input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    _, session = fetch(f"{PAGE_URL}/login", f"password={PASSWORD.replace(' ', '+')}".encode())
    fetch(f"{PAGE_URL}/api/recording/start", b"{}", session)
    eventually(lambda: frames(session) > 30)
    before = frames(session)
    time.clock_settime(time.CLOCK_REALTIME, CORRECT_TIME)
    # Log in again: the jump of the clock may have ended the session.
    _, session = fetch(f"{PAGE_URL}/login", f"password={PASSWORD.replace(' ', '+')}".encode())
    eventually(lambda: frames(session) > before + 60)
    stopped = json.loads(fetch(f"{PAGE_URL}/api/recording/stop", b"{}", session)[0])
    return (RECORDINGS / stopped["filename"]).stat().st_size


year = time.gmtime().tm_year
eventually(lambda: json.loads(fetch(f"{STREAMER_URL}/health")[0])["camera"]["state"] == "live")
recorded = record_while_the_clock_is_set()
seen = {
    "year": year,
    "recorded": recorded,
    "states": of_each_unit("ActiveState"),
    "restarts": of_each_unit("NRestarts"),
    "failed": systemctl("list-units", "--failed", "--no-legend", "--plain", "petcam*"),
}
print(json.dumps(seen))
