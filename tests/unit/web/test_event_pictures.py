"""The picture of a visit: its best frame, cut out around the pet, made once and kept."""

import errno
import os
import stat
import threading
import time
import tracemalloc
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from petcam.errors import Code, PetcamError
from petcam.events.read import Reader
from petcam.media import pyav
from petcam.media.budget import PictureBudget
from petcam.streamer_client import OpenAnswer
from petcam.web.events import (
    PictureFolder,
    PictureKeeper,
    PictureRoute,
    PictureSource,
    SoonPicture,
    VisitPictures,
    picture_folder,
    picture_keeper,
    picture_source,
    visit_pictures,
)
from petcam.web.recordings import find_run, keyframe_run
from tests.unit.events.stand_ins import BOOT, OTHER_BOOT, ns
from tests.unit.web.conftest import make_client
from tests.unit.web.event_book import BEGIN_NS, FIRST_ID, EventBook
from tests.unit.web.mp4_file import write_growing_mp4, write_mp4
from tests.unit.web.pet_film import BOX, FRAME_NS, access_units, film, opened, red_part

pytest.importorskip("av", reason="pictures need PyAV")

A, B = "petcam_20260101-000000~visit.mp4", "petcam_20260101-000100~visit.mp4"
FIRST_NS = BEGIN_NS - ns(1)  # of the recording's first frame
BEST = 25  # of its frames
BEST_NS = FIRST_NS + BEST * FRAME_NS


class Web:
    """petcam-web's pictures of visits, with the events and recordings that a test makes."""

    def __init__(self, services, tmp_path, recordings, connection):
        self.recordings, self.state = recordings, tmp_path / "state"
        self.book = EventBook(tmp_path / "events")
        self.reader = Reader(tmp_path / "events")
        self.now_ns = BEST_NS + ns(2)
        self.budget = PictureBudget()
        self._services, self._connection = services, connection
        self.start()

    def start(self, **more):
        """Anew, as after a restart of the service."""
        services = self._services
        self.folder = PictureFolder(self.state, str(self.recordings), **more)
        source = PictureSource(self.reader, services.recordings, services.streamer, BOOT, lambda: self.now_ns)
        self.visits = VisitPictures(self.folder, source, self.budget)
        self.keeper = PictureKeeper(self.reader, self.folder, self.visits)
        self._client = None

    @property
    def client(self):
        if self._client is None:
            services = replace(self._services, event_pictures=PictureRoute(self.reader, self.visits))
            self._client = make_client(services, self._connection)
        return self._client

    def outcome(self, event_id):
        """What becomes of the request, without the request."""
        try:
            return len(self.visits.get(self.reader.one(event_id))[1]) > 0
        except PetcamError as error:
            return error.code

    def get(self, event_id, **headers):
        return self.client.get(f"/api/events/{event_id}/picture.jpg", headers=headers)

    def shown(self, event_id):
        answer = self.get(event_id)
        assert answer.status_code == 200, answer.get_json()
        assert answer.headers["Content-Type"] == "image/jpeg"
        return opened(answer.data)

    def files(self):
        with suppress(FileNotFoundError):
            return sorted(os.listdir(self.state / "pictures"))
        return []


@pytest.fixture
def web(services, tmp_path, recordings, connection):
    return Web(services, tmp_path, recordings, connection)


def record(web, growing, name=A, frames=50, best=BEST, sound=0, **more):
    if growing:
        write_growing_mp4(web.recordings / f"{name}.part", frames, film=film(frames, best, **more), sound=sound)
    else:
        size = more.get("size", (640, 480))
        write_mp4(web.recordings / name, frames, film=film(frames, best, **more), size=size, sound=sound)


FINISHED_AND_GROWING = pytest.mark.parametrize("growing", [False, True], ids=["finished", "growing"])


# What is seen


@FINISHED_AND_GROWING
@pytest.mark.parametrize("best", [0, 1, 9, 10, 25, 49], ids="frame {}".format)
def test_it_is_the_very_frame_with_the_pet_in_its_place(web, growing, best):
    record(web, growing, best=best)
    event = web.book.put(FIRST_NS + best * FRAME_NS, recordings=[(A, FIRST_NS)])
    shown = web.shown(event)
    assert shown.shape == (192, 256, 3)  # 2/5 of the picture's height, 4:3
    left, top, right, bottom = red_part(shown)
    assert (right - left, bottom - top) == pytest.approx((64, 96), abs=3)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((128, 96), abs=3)


@FINISHED_AND_GROWING
def test_it_is_the_very_frame_of_a_recording_with_sound_too(web, growing):
    record(web, growing, best=25, sound=80)
    left, top, right, bottom = red_part(web.shown(web.book.put(FIRST_NS + 25 * FRAME_NS, recordings=[(A, FIRST_NS)])))
    assert (right - left, bottom - top) == pytest.approx((64, 96), abs=3)


@FINISHED_AND_GROWING
@pytest.mark.parametrize(("best", "wanted"), [(0, 0), (10, 0), (25, 5), (49, 9)])
def test_no_picture_is_read_but_those_from_the_last_keyframe_up_to_the_one_behind_it(web, growing, best, wanted):
    record(web, growing)
    with open(web.recordings / (f"{A}.part" if growing else A), "rb") as file:
        run = find_run(file.fileno(), best * 3000 + 2, 1e12)
        assert (run.wanted, len(run.spans)) == (wanted, min(wanted + 2, wanted + 50 - best))
        assert len(list(run.units(file.fileno()))) == len(run.spans)


@FINISHED_AND_GROWING
def test_the_way_from_a_keyframe_may_be_long(web, growing):
    record(web, growing, frames=300, best=290, gop=1000, size=(160, 120))
    event = web.book.put(FIRST_NS + 290 * FRAME_NS, recordings=[(A, FIRST_NS)])
    assert red_part(web.shown(event))


@FINISHED_AND_GROWING
def test_a_way_that_is_too_long_is_not_gone(web, growing, monkeypatch):
    record(web, growing, frames=60, best=50, gop=1000, size=(160, 120))
    event = web.book.put(FIRST_NS + 50 * FRAME_NS, recordings=[(A, FIRST_NS)])
    monkeypatch.setattr(keyframe_run, "MAX_PICTURES", 40)
    assert web.get(event).status_code == 404
    web.start()
    monkeypatch.setattr(keyframe_run, "MAX_PICTURES", 60)
    monkeypatch.setattr(keyframe_run, "MAX_BYTES", 100)
    assert web.get(event).status_code == 404


@FINISHED_AND_GROWING
def test_its_pixels_are_square_whatever_the_cameras_are(web, growing):
    record(web, growing, size=(320, 480), sar="2/1")
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    shown = web.shown(event)
    assert shown.shape[:2] == (192, 256)
    left, top, right, bottom = red_part(shown)
    assert (right - left, bottom - top) == pytest.approx((64, 96), abs=4)


@pytest.mark.parametrize(
    ("box", "size", "shape", "scale"),
    [
        ((0.3, 0.2, 0.5, 0.6), (1280, 720), (338, 480), 480 / 1024),  # wider than 4:3 would be
        ((0.3, 0.3, 0.2, 0.5), (1280, 720), (360, 480), 480 / 768),
        ((0.0, 0.0, 0.1, 0.1), (1280, 720), (288, 384), 1),  # in a corner
        ((0.9, 0.9, 0.1, 0.1), (1280, 720), (288, 384), 1),
        ((0.0, 0.0, 1.0, 1.0), (1280, 720), (270, 480), 480 / 1280),  # all there is
        ((0.1, 0.4, 0.8, 0.1), (360, 640), (270, 360), 1),  # across a picture that is high
        ((0.4, 0.1, 0.2, 0.8), (360, 640), (640, 360), 1),
    ],
)
def test_the_pet_is_in_it_wherever_it_is(web, box, size, shape, scale):
    record(web, False, box=box, size=size)
    shown = web.shown(web.book.put(BEST_NS, box=box, recordings=[(A, FIRST_NS)]))
    assert shown.shape[:2] == shape
    left, top, right, bottom = red_part(shown)
    wanted = (box[2] * size[0] * scale, box[3] * size[1] * scale)
    assert (right - left, bottom - top) == pytest.approx(wanted, abs=4)


@pytest.mark.parametrize(
    "box",
    [
        (0.6, 0.5, 0.0, 0.0),
        (0.9, 0.9, -0.5, -0.5),
        (5.0, 5.0, 1.0, 1.0),
        (-3.0, -3.0, 1.0, 1.0),
        (float("nan"), 0.5, float("inf"), 0.2),
        (1e308, -1e308, 1e308, 1e308),
    ],
)
def test_a_box_that_is_none_shows_a_part_of_the_picture(web, box):
    record(web, False)
    height, width, _ = web.shown(web.book.put(BEST_NS, box=box, recordings=[(A, FIRST_NS)])).shape
    assert 192 <= height <= 480 and 256 <= width <= 480


# Where the frame comes from


def test_of_several_recordings_it_is_taken_from_one_that_has_it(web):
    record(web, False)
    record(web, True, name=B, best=-1)
    files = [(A, FIRST_NS), (B, FIRST_NS + ns(60)), ("petcam_20260101-000200.mp4", FIRST_NS - ns(1))]
    assert red_part(web.shown(web.book.put(BEST_NS, recordings=files)))


def test_the_name_may_be_the_one_of_before_a_visit_made_it_another(web):
    record(web, False)
    always = A.replace("visit", "always")
    assert red_part(web.shown(web.book.put(BEST_NS, recordings=[(always, FIRST_NS)])))


@pytest.mark.parametrize("offset", [ns(-1), ns(2)], ids=["before", "behind"])
@FINISHED_AND_GROWING
def test_a_recording_without_that_moment_is_none(web, growing, offset):
    record(web, growing)
    event = web.book.put(FIRST_NS + offset, recordings=[(A, FIRST_NS)])
    answer = web.get(event)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "Not found")


@FINISHED_AND_GROWING
def test_a_damaged_recording_costs_the_picture_and_nothing_else(web, growing):
    """Random bytes are overwritten, or the file is cut: a picture of it or none, and never anything else."""
    record(web, growing, frames=30, size=(160, 120))
    path = web.recordings / (f"{A}.part" if growing else A)
    whole, chance, outcomes = path.read_bytes(), np.random.default_rng(1), set()
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    for number in range(60):
        data = bytearray(whole)
        for at in chance.integers(0, len(data), 1 + number):
            data[at] = chance.integers(0, 256)
        path.write_bytes(bytes(data[: chance.integers(1, len(data))] if number % 3 == 0 else data))
        web.folder.delete(web.folder.keys())
        web.start()
        outcomes.add(web.outcome(event))
    assert {True, Code.NOT_FOUND} <= outcomes <= {True, Code.NOT_FOUND, Code.UNSUPPORTED}


def test_a_table_that_claims_a_million_frames_costs_no_memory(web):
    record(web, False, size=(160, 120))
    path = web.recordings / A
    data = bytearray(path.read_bytes())
    at = data.index(b"stts") + 8
    data[at + 4 : at + 8] = (50).to_bytes(4, "big")
    for kind in (b"stsz", b"stco"):
        at = data.index(kind) + (12 if kind == b"stsz" else 8)
        data[at - 4 if kind == b"stsz" else at : at if kind == b"stsz" else at + 4] = (2**22).to_bytes(4, "big")
    path.write_bytes(bytes(data))
    with open(path, "rb") as file:
        tracemalloc.start()
        find_run(file.fileno(), BEST * 3000, 1e12)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 2**20


class Past:
    """A streamer that sends the past, in pieces."""

    def __init__(self, tmp_path, first_ns, **more):
        path = tmp_path / "past.mp4"
        write_growing_mp4(path, 50, film=film(50, BEST, **more))
        self.data, self.first_ns, self.asked, self.taken, self.closed = path.read_bytes(), first_ns, [], 0, 0

    def open(self, path, timeout):
        self.asked.append(path)
        answer = OpenAnswer.__new__(OpenAnswer)
        answer.headers = {"X-Capture-Ns": str(self.first_ns)}
        answer.pieces, answer.close = self.pieces, self.close
        return answer

    def pieces(self):
        for at in range(0, len(self.data), 999):
            self.taken = at
            yield self.data[at : at + 999]

    def close(self):
        self.closed += 1


@pytest.fixture
def past(web, tmp_path, services):
    """Of which the first frame was captured at ``FIRST_NS``; there is no recording."""
    past = Past(tmp_path, FIRST_NS)
    services.streamer.open = past.open
    return past


def test_without_a_recording_it_is_what_the_streamer_still_holds(web, past):
    assert red_part(web.shown(web.book.put(BEST_NS)))
    assert past.asked == ["/past.mp4?from=2.250"]
    assert past.closed == 1 and past.taken < len(past.data) * 0.7  # no more than is needed


def test_what_the_streamer_holds_no_more_is_none(web, past):
    past.first_ns = BEST_NS + 1
    assert web.get(web.book.put(BEST_NS)).status_code == 404
    assert past.closed == 1


def test_a_past_that_ends_before_the_frame_is_none(web, past):
    past.data = past.data[: len(past.data) // 3]
    assert web.get(web.book.put(BEST_NS)).status_code == 404


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x10ftypisom\0\0\2\0", b"nothing of the kind" * 999])
def test_a_past_that_is_no_mp4_is_none(web, past, data):
    past.data = data
    assert web.get(web.book.put(BEST_NS)).status_code == 404


def test_of_the_past_no_more_is_taken_than_the_memory_allows(web, past, monkeypatch):
    monkeypatch.setattr(picture_source, "MAX_PAST_BYTES", 3000)
    assert web.get(web.book.put(BEST_NS)).status_code == 404
    assert past.taken <= 3000 and past.closed == 1


def test_the_past_of_another_boot_is_not_asked_for(web, past):
    """CLOCK_MONOTONIC begins anew in each: the same time is another moment."""
    event = web.book.put(BEST_NS)
    web.book.begin_anew(OTHER_BOOT)
    assert web.get(event).status_code == 404
    assert past.asked == []


def test_a_moment_that_is_long_past_is_not_asked_for(web, past):
    web.now_ns = BEST_NS + ns(600)
    assert web.get(web.book.put(BEST_NS)).status_code == 404
    assert past.asked == []


def test_it_is_not_found_while_the_streamer_is_away(web, streamer):
    streamer.fail(Code.STREAMER_UNAVAILABLE)
    answer = web.get(web.book.put(BEST_NS))
    assert (answer.status_code, answer.get_json()["error"]) == (404, "Not found")


# Made once, and kept


def test_it_outlives_its_recording_and_a_restart(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    jpeg = web.get(event).data
    (web.recordings / A).unlink()
    assert web.get(event).data == jpeg
    web.start()
    assert web.get(event).data == jpeg


def test_it_is_a_whole_file_that_the_streamer_may_count(web):
    old = os.umask(0o077)
    try:
        record(web, False)
        event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
        jpeg = web.get(event).data
    finally:
        os.umask(old)
    folder = web.state / "pictures"
    (name,) = web.files()
    assert name == f"visit_1-{BEGIN_NS}-{event}-{BEST_NS}.jpg"
    assert (folder / name).read_bytes() == jpeg
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o640
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_damaged_one_is_made_anew(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    jpeg = web.get(event).data
    (name,) = web.files()
    (web.state / "pictures" / name).write_bytes(jpeg[:-100])
    assert web.get(event).data == jpeg
    (web.state / "pictures" / name).unlink()
    assert web.get(event).data == jpeg


def test_a_link_in_its_place_is_not_followed(web, tmp_path):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    jpeg = web.get(event).data
    (name,) = web.files()
    (tmp_path / "secret").write_bytes(jpeg + b"secret\xff\xd9")
    (web.state / "pictures" / name).unlink()
    (web.state / "pictures" / name).symlink_to(tmp_path / "secret")
    assert b"secret" not in web.get(event).data


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_it_is_made_anew_by_itself_where_a_better_frame_has_come(web, is_open):
    record(web, False)
    files = [(A, FIRST_NS)]
    event = web.book.put(FIRST_NS, recordings=files, is_open=True)
    first = web.get(event)
    web.book.put(BEST_NS, recordings=files, is_open=is_open)
    web.keeper.look(101.0)
    last = web.get(event)
    assert red_part(opened(last.data)) and not red_part(opened(first.data))
    assert last.headers["ETag"] != first.headers["ETag"]
    assert web.files() == [f"visit_1-{BEGIN_NS}-{event}-{BEST_NS}.jpg"]


def test_a_request_makes_no_better_one_of_an_open_visit_but_of_one_that_is_closed(web):
    record(web, False)
    files = [(A, FIRST_NS)]
    event = web.book.put(FIRST_NS, recordings=files, is_open=True)
    first = web.get(event).data
    web.book.put(BEST_NS, recordings=files, is_open=True)
    assert web.get(event).data == first
    web.book.put(BEST_NS, recordings=files)
    assert red_part(web.shown(event))


def test_where_the_better_one_cannot_be_had_the_first_one_stays(web):
    record(web, False)
    event = web.book.put(FIRST_NS, recordings=[(A, FIRST_NS)], is_open=True)
    first = web.get(event).data
    (web.recordings / A).unlink()
    web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    web.keeper.look(100.0)
    assert web.get(event).data == first


def test_its_etag_spares_sending_it_again(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    answer = web.get(event)
    assert answer.headers["Cache-Control"] == "no-store"
    assert web.get(event, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert web.client.get(f"/api/events/{event}/picture.jpg?v=1").status_code == 200


def test_what_could_not_be_made_is_not_tried_at_each_request(web, past):
    past.first_ns = BEST_NS + 1
    event = web.book.put(BEST_NS)
    assert [web.get(event).status_code for _ in range(5)] == [404] * 5
    assert len(past.asked) == 1


# When


def test_it_is_made_by_itself_when_a_visit_begins_and_asked_for_no_more(web, past):
    event = web.book.put(BEST_NS, is_open=True)
    web.keeper.look(100.0)
    assert len(web.files()) == 1
    web.keeper.look(101.0)
    assert red_part(web.shown(event)) and len(past.asked) == 1


def test_while_nothing_changes_no_question_is_asked(web, monkeypatch):
    web.book.put(BEST_NS, is_open=True)
    web.now_ns = BEST_NS + ns(3600)
    now = 100.0
    for _ in range(300):
        web.keeper.look(now := now + 1000)
        monkeypatch.setattr(visit_pictures.time, "monotonic", lambda now=now: now)
    monkeypatch.setattr(web.reader, "page", None)
    monkeypatch.setattr(web.reader, "known", None)
    web.keeper.look(now + 1000)


def test_one_that_cannot_be_made_is_tried_again_later_and_then_no_more(web, past, monkeypatch):
    past.first_ns = BEST_NS + 1
    web.book.put(BEST_NS)
    for second in range(1000):
        monkeypatch.setattr(visit_pictures.time, "monotonic", lambda second=second: 100.0 + second)
        web.keeper.look(100.0 + second)
    assert len(past.asked) == visit_pictures.MAX_TRIES
    web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])  # now there is something else to look into
    record(web, False)
    web.keeper.look(2000.0)
    assert len(web.files()) == 1


def test_a_newer_visit_goes_first(web):
    record(web, False)
    for number in range(3):
        web.book.put(BEST_NS + number * FRAME_NS, recordings=[(A, FIRST_NS)], number=number)
    made = []
    make = web.visits.make

    def watch(event, *more):
        made.append(event.id)
        if len(made) == 1:
            web.book.put(BEST_NS, recordings=[(A, FIRST_NS)], number=9)
        return make(event, *more)

    web.visits.make = watch
    for second in range(5):
        web.keeper.look(100.0 + second)
    first = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    assert made == [first + 2, first + 9, first + 1, first]


def test_without_a_database_nothing_is_done_and_nothing_deleted(web, tmp_path):
    record(web, False)
    web.get(web.book.put(BEST_NS, recordings=[(A, FIRST_NS)]))
    for file in (tmp_path / "events").iterdir():
        file.unlink()
    web.keeper.look(100.0)
    web.keeper.look(1000.0)
    assert len(web.files()) == 1


def test_the_thread_makes_it_and_ends(web, past, monkeypatch):
    monkeypatch.setattr(picture_keeper, "LOOK_SECONDS", 0.01)
    event = web.book.put(BEST_NS)
    written = []
    write = web.folder.write
    done = threading.Event()
    web.folder.write = lambda *more: written.append(write(*more)) or done.set() or True
    web.keeper.start()
    assert done.wait(30)
    web.keeper.stop()
    assert not web.keeper._thread.is_alive()
    assert red_part(web.shown(event))


def test_a_stop_ends_one_that_is_being_made(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    go_on, told = web.keeper._go_on, []

    def stop(took):
        told.append(took)
        web.keeper.stop()
        return go_on(took)

    web.keeper._go_on = stop
    web.keeper.look(100.0)
    assert len(told) == 1 and web.files() == []  # after the first of several pictures
    web.start()
    assert red_part(web.shown(event))


# No orphans


def with_two_pictures(web):
    """The ids of two events that have one, in a database that the keeper has known for long."""
    record(web, False)
    events = [web.book.put(BEST_NS, recordings=[(A, FIRST_NS)], number=number) for number in (0, 1)]
    for event in events:
        web.get(event)
    web.keeper.look(100.0)
    web.keeper.look(200.0)
    return events


def test_it_goes_with_its_event(web):
    kept, gone = with_two_pictures(web)
    web.book.delete(gone)
    web.keeper.look(201.0)
    assert web.files() == [f"visit_1-{BEGIN_NS}-{kept}-{BEST_NS}.jpg"]
    assert web.get(gone).status_code == 404


def test_a_database_that_was_set_aside_takes_its_pictures_along_once_it_is_clear_what_was_taken_over(web):
    kept, _ = with_two_pictures(web)
    (web.book.directory / "events.db").rename(web.book.directory / "events.db.aside-20260101-000000")
    web.keeper.look(201.0)
    web.book.begin_anew()
    web.keeper.look(202.0)
    assert len(web.files()) == 2  # its rows may still come
    web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    web.keeper.look(203.0)
    web.keeper.look(262.5)
    assert web.files() == [f"visit_1-{BEGIN_NS}-{kept}-{BEST_NS}.jpg"]


def test_an_event_with_the_same_id_of_another_boot_has_not_the_old_ones_picture(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    assert web.get(event).status_code == 200
    web.book.put(BEST_NS + ns(9), recordings=[], begin_ns=BEGIN_NS + 1)
    assert web.get(event).status_code == 404


def test_what_a_killed_service_left_is_removed_and_other_files_are_left_alone(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    web.get(event)
    (name,) = web.files()
    folder = web.state / "pictures"
    left = {f".{name}.0123456789abcdef": b"half", f"visit_1-{BEGIN_NS}-{event}-{BEST_NS - 5}.jpg": b"older"}
    others = {"cat.jpg": b"mine", f".{name}.bak": b"mine", f"visit_01-{BEGIN_NS}-{event}-5.jpg": b"mine"}
    for each, data in {**left, **others}.items():
        (folder / each).write_bytes(data)
    web.start()
    web.keeper.look(100.0)
    assert web.files() == sorted([name, *others])
    assert red_part(web.shown(event))


# Bounds


def test_the_oldest_go_where_they_take_too_much(web, monkeypatch):
    record(web, False)
    files = [(A, FIRST_NS)]
    size = len(web.get(web.book.put(BEST_NS, recordings=files)).data)
    monkeypatch.setattr(picture_folder, "MAX_BYTES", int(3.5 * size))
    web.start()
    events = [web.book.put(BEST_NS, recordings=files, number=number) for number in range(6)]
    for event in events:
        web.get(event)
    assert [int(name.split("-")[2]) for name in web.files()] == events[3:]
    web.get(events[0])  # an older one that is asked for now
    assert len(web.files()) == 3 and str(events[0]) in web.files()[0]


def test_they_take_a_twentieth_of_max_bytes(web):
    record(web, False)
    files = [(A, FIRST_NS)]
    size = len(web.get(web.book.put(BEST_NS, recordings=files)).data)
    web.start(max_recorded=20 * size * 2 + 19)
    for number in range(4):
        web.get(web.book.put(BEST_NS, recordings=files, number=number))
    assert len(web.files()) == 2


def test_there_are_no_more_than_5000(web, monkeypatch):
    monkeypatch.setattr(picture_folder, "MAX_PICTURES", 2)
    record(web, False)
    for number in range(4):
        web.get(web.book.put(BEST_NS, recordings=[(A, FIRST_NS)], number=number))
    assert len(web.files()) == 2


def test_a_full_disk_costs_the_picture_only(web, monkeypatch, caplog):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(picture_folder.os, "fsync", full)
    assert red_part(web.shown(event))  # made, and not kept
    assert web.files() == []
    assert web.get(event).status_code == 404  # not made at each request
    assert len([line for line in caplog.messages if "No space left" in line]) == 1
    monkeypatch.undo()
    web.start()
    web.get(event)
    assert len(web.files()) == 1


@pytest.mark.parametrize(("free", "is_kept"), [(0.6, True), (0.4, False)])
def test_none_is_kept_while_little_is_free_beside_recordings(web, free, is_kept):
    record(web, False)
    disk = os.statvfs(web.recordings)
    web.start(min_free=int(disk.f_bavail * disk.f_frsize * 2 * (1.0 - (free - 0.5))))
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    web.get(event)
    assert bool(web.files()) is is_kept


def test_no_memory_is_taken_beyond_the_budget(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    taken = []
    take = web.budget.wait

    def watched(size, seconds):
        share = take(size, seconds)
        taken.append(web.budget.taken)
        return share

    web.budget.wait = watched
    assert web.get(event).status_code == 200
    assert max(taken) <= web.budget.max_bytes and web.budget.taken == 0


def test_it_is_busy_while_others_take_the_memory(web, monkeypatch):
    monkeypatch.setattr(visit_pictures, "MAX_WAIT_SECONDS", 0.01)
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    with web.budget.wait(web.budget.max_bytes, 1):
        answer = web.get(event)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Too many clients")


# Who, and what else


def test_without_pyav_it_says_what_to_install_and_shows_what_is_there(web, monkeypatch):
    record(web, False)
    files = [(A, FIRST_NS)]
    made = web.book.put(BEST_NS, recordings=files)
    jpeg = web.get(made).data
    monkeypatch.setattr(pyav, "is_installed", lambda: False)
    assert web.get(made).data == jpeg
    answer = web.get(web.book.put(BEST_NS, recordings=files, number=1))
    assert answer.status_code == 501 and "python3-av" in answer.get_json()["message"]
    web.keeper.look(100.0)
    assert len(web.files()) == 1


def test_an_event_that_is_none_or_has_no_best_frame_is_not_found(web):
    for event in (1, web.book.put(None)):
        answer = web.get(event)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "Not found")
    assert web.client.get("/api/events/x/picture.jpg").status_code == 404


def test_a_database_that_cannot_be_read_is_said(web, monkeypatch):
    def fails(_):
        raise PetcamError(Code.EVENTS_UNREADABLE, "it cannot be read now")

    monkeypatch.setattr(web.reader, "one", fails)
    assert web.get(1).status_code == 503


def test_who_is_not_logged_in_does_not_see_it(web, services_with_login, connection):
    services = replace(services_with_login, event_pictures=PictureRoute(web.reader, web.visits))
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    assert make_client(services, connection).get(f"/api/events/{event}/picture.jpg").status_code == 401


def test_the_films_of_these_tests_have_their_frame():
    assert [is_keyframe for _, is_keyframe in access_units(21, 3)] == [n % 10 == 0 for n in range(21)]
    assert BOX[0] + BOX[2] < 1


# For who tells of a visit


def test_a_message_gets_it_as_soon_as_it_can_be_made(web):
    soon = SoonPicture(web.reader, web.visits)
    assert soon.get(FIRST_ID, time.monotonic() + 0.01) is None  # there is no such event yet
    timer = threading.Timer(0.15, lambda: (record(web, True), web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])))
    timer.start()
    found = soon.get(FIRST_ID, time.monotonic() + 30)
    timer.join()
    assert red_part(opened(found))


def test_a_message_does_not_wait_for_long_for_others_that_are_made(web):
    record(web, False)
    event = web.book.put(BEST_NS, recordings=[(A, FIRST_NS)])
    with web.visits._making:
        assert SoonPicture(web.reader, web.visits).get(event, time.monotonic() + 0.2) is None
    assert SoonPicture(web.reader, web.visits).get(event, time.monotonic() + 30)
