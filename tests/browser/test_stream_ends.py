"""Open streams end soon after their session: WebRTC in a real page, events and pictures."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page

from tests.browser.demo_system import DemoSystem
from tests.browser.leaving import leave
from tests.chosen_server import is_go
from tests.real_services import OWNER, VIEWER, RealServices

NewPage = Callable[..., Page]
WITHIN = 10.0  # seconds after the session's end
LEFT = 20.0  # seconds that a session has which ends by itself
STREAMS = ("/api/detections/stream", *(() if is_go() else ("/stream.mjpg?width=320",)))

pytest.importorskip("av")


class Stream:
    """An answer that stays open, read until it ends."""

    def __init__(self, url: str, cookie: str) -> None:
        self.ended = threading.Event()
        self._answer = requests.get(url, headers={"Cookie": cookie}, stream=True, timeout=30)
        assert self._answer.status_code == 200
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(requests.RequestException):
            for _ in self._answer.iter_content(4096):
                pass
        self.ended.set()

    def join(self) -> None:
        """A stream that does not end fails its test; it must not hold up the others."""
        self._thread.join(WITHIN)


@pytest.fixture(scope="module")
def petcam(system: DemoSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    """Behind passwords; its picture is the demo's."""
    with RealServices(tmp_path_factory.mktemp("petcam"), system.stream) as running:
        running.start("web", "streamer")
        yield running


@pytest.fixture
def watch(petcam: RealServices, new_page: NewPage) -> Iterator[Callable[[str], list[Stream]]]:
    """The page, live, and the other streams, all of one session; by its cookie."""
    opened: list[Stream] = []
    pages: list[Page] = []

    def open_all(cookie: str) -> list[Stream]:
        page = new_page()
        pages.append(page)
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": petcam.url}])
        page.goto(petcam.url)
        page.wait_for_selector("#camera[data-video=live]")
        streams = [Stream(petcam.url + path, cookie) for path in STREAMS]
        opened.extend(streams)
        return streams

    yield open_all
    for page in pages:
        leave(page.context)
    end_all(petcam)
    for stream in opened:
        stream.join()


def end_all(petcam: RealServices) -> None:
    post(petcam, petcam.log_in(OWNER), "/account/logout-everywhere")


def post(petcam: RealServices, cookie: str, path: str, **data: str) -> None:
    headers = {"Cookie": cookie}
    answer = requests.post(petcam.url + path, data, headers=headers, allow_redirects=False, timeout=20)
    assert answer.status_code == 303


def viewers(petcam: RealServices) -> int:
    """By WebRTC."""
    return int(requests.get(f"{petcam.streamer_url}/health", timeout=20).json()["webrtc_clients"])


def expect_viewers(petcam: RealServices, count: int, within: float = WITHIN) -> None:
    until = time.monotonic() + within
    while (found := viewers(petcam)) != count:
        assert time.monotonic() < until, f"{found} viewers instead of {count}"
        time.sleep(0.05)  # the streamer tells nobody that a viewer has gone


def change_by_page(petcam: RealServices, cookie: str) -> None:
    post(petcam, petcam.log_in(OWNER), "/account/password", current=OWNER, password=OWNER, again=OWNER)


ENDS: dict[str, Callable[[RealServices, str], None]] = {
    "logged out": lambda petcam, cookie: post(petcam, cookie, "/logout"),
    "logged out everywhere": lambda petcam, cookie: end_all(petcam),
    "the password changed by the page": change_by_page,
    "the password changed by petcam password": lambda petcam, cookie: petcam.set_password(OWNER),
}


@pytest.mark.parametrize("how", ENDS)
def test_every_stream_ends_with_its_session(
    petcam: RealServices, watch: Callable[[str], list[Stream]], how: str
) -> None:
    cookie = petcam.log_in(OWNER)
    streams = watch(cookie)
    assert viewers(petcam) == 1
    assert not [path for path, stream in zip(STREAMS, streams, strict=True) if stream.ended.is_set()]
    ENDS[how](petcam, cookie)
    until = time.monotonic() + WITHIN
    for path, stream in zip(STREAMS, streams, strict=True):
        assert stream.ended.wait(until - time.monotonic()), path
    expect_viewers(petcam, 0, until - time.monotonic())


def test_the_streams_of_other_sessions_go_on(petcam: RealServices, watch: Callable[[str], list[Stream]]) -> None:
    ends, stays = petcam.log_in(OWNER), petcam.log_in(VIEWER)
    ending, staying = watch(ends), watch(stays)
    assert viewers(petcam) == 2
    post(petcam, ends, "/logout")
    assert all(stream.ended.wait(WITHIN) for stream in ending)
    expect_viewers(petcam, 1)
    assert not any(stream.ended.is_set() for stream in staying)


def test_viewers_end_with_their_password(petcam: RealServices, watch: Callable[[str], list[Stream]]) -> None:
    stays, ends = petcam.log_in(OWNER), petcam.log_in(VIEWER)
    staying, ending = watch(stays), watch(ends)
    post(petcam, stays, "/account/viewer", current=OWNER, password=VIEWER, again=VIEWER)
    assert all(stream.ended.wait(WITHIN) for stream in ending)
    expect_viewers(petcam, 1)
    assert not any(stream.ended.is_set() for stream in staying)


def test_a_session_whose_time_is_over_has_no_stream_left(
    petcam: RealServices, watch: Callable[[str], list[Stream]]
) -> None:
    cookie = petcam.log_in(OWNER)
    petcam.let_sessions_expire(LEFT)
    streams = watch(cookie)
    assert viewers(petcam) == 1
    assert all(stream.ended.wait(LEFT + WITHIN) for stream in streams)
    expect_viewers(petcam, 0, LEFT + WITHIN)
