"""The picture of a visit out of what the real streamer records, and else out of the shared memory."""

import contextlib
import threading
import time

import pytest
import requests

from petcam.shm.stream import StreamWriter
from petcam.system.boot_time import read_boot_id
from petcam.system.streamer_binary import find_streamer
from tests.real_services import OWNER, RealServices
from tests.unit.web.event_book import EventBook

pytestmark = pytest.mark.needs_python("visits")

FPS, GOP = 15, 30
BEST_EVERY = 40  # pictures: those in which the pet is red


class Camera:
    """A film of two seconds and a half without an end; ``best`` are the capture times of the frames with a red pet."""

    def __init__(self, name):
        from tests.unit.web.pet_film import access_units

        self._units = access_units(BEST_EVERY * 3, BEST_EVERY, gop=GOP)
        self._name, self._stop = name, threading.Event()
        self.best, self.has_best = [], threading.Semaphore(0)
        self._thread = threading.Thread(target=self._play)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _play(self):
        number = 0
        with StreamWriter(self._name, writer_name="test") as writer:
            while not self._stop.wait(1 / FPS):
                at = number % len(self._units)
                data, is_keyframe = self._units[at]
                now = time.monotonic_ns()
                writer.publish(data, capture_ns=now, keyframe=is_keyframe, width=640, height=480)
                if at == BEST_EVERY:
                    self.best.append(now)
                elif at == BEST_EVERY + 3:
                    self.has_best.release()
                number += 1


@pytest.fixture
def services(tmp_path):
    if find_streamer() is None:
        pytest.skip("petcam-streamer is not built: make build")
    pytest.importorskip("av", reason="pictures need PyAV")
    with contextlib.closing(RealServices(tmp_path)) as running:
        file = tmp_path / "petcam.yaml"
        words = "recording: {mode: visits, post_roll_seconds: 0, directory"
        file.write_text(file.read_text().replace("recording: {directory", words))
        yield running


@pytest.fixture
def camera(services):
    with Camera(services.config().camera.stream) as playing:
        services.start("streamer", "web")
        yield playing


@pytest.fixture
def get(services):
    session = requests.Session()
    session.headers["Cookie"] = services.log_in(OWNER)
    return lambda path: session.get(f"{services.url}/api{path}", timeout=20)


def keep(services, seconds=3):
    answer = requests.post(f"{services.streamer_url}/keep", json={"seconds": seconds, "pre_roll": 2}, timeout=20)
    assert answer.ok, answer.text
    return [(each["filename"], each["first_ns"]) for each in answer.json()["files"]]


def shows_the_pet(answer):
    from tests.unit.web.pet_film import opened, red_part

    assert answer.status_code == 200, answer.text
    shown = opened(answer.content)
    assert shown.shape == (192, 256, 3)
    left, top, right, bottom = red_part(shown)
    assert (right - left, bottom - top) == pytest.approx((64, 96), abs=3)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((128, 96), abs=3)
    return True


def until(condition, seconds=40):
    """For what another process does, of which there is no event."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)
    return found


def pictures(services):
    folder = services.state / "pictures"
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def test_it_is_cut_out_of_a_recording_that_grows_and_out_of_the_finished_one(services, camera, get):
    book = EventBook(services.state)  # of another boot, of which the shared memory has nothing
    files = keep(services, 4)
    assert camera.has_best.acquire(timeout=30)
    best = next(ns for ns in camera.best if ns > files[0][1])
    begin = files[0][1]
    growing = book.put(best, recordings=files, begin_ns=begin)

    assert (services.recordings / f"{files[0][0]}.part").exists()
    assert shows_the_pet(get(f"/events/{growing}/picture.jpg"))
    until(lambda: (services.recordings / files[0][0]).exists())
    finished = book.put(best, recordings=files, begin_ns=begin, number=1)
    services.kill("streamer")  # so that nothing but the file can have it
    assert shows_the_pet(get(f"/events/{finished}/picture.jpg"))


def test_without_a_recording_it_is_made_by_itself_of_the_shared_memory(services, camera, get):
    book = EventBook(services.state, boot=read_boot_id())
    assert camera.has_best.acquire(timeout=30)
    event = book.put(camera.best[-1], begin_ns=camera.best[-1])
    until(lambda: pictures(services))
    services.kill("streamer")
    assert shows_the_pet(get(f"/events/{event}/picture.jpg"))
