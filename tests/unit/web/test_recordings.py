"""The routes for recordings on disk."""

import errno
import os
import struct
import time
from datetime import datetime, timezone

import pytest

from petcam.errors import Code
from petcam.streamer_client import Answer
from tests.h264_bits import sps_of
from tests.unit.web.mp4_file import write_growing_mp4, write_mp4

A, B, C = "petcam_20260101-000000.mp4", "petcam_20260102-000000_cat-2.mp4", "petcam_20260103-000000.mp4"


def list_recordings(client, query=""):
    return client.get(f"/api/recordings{query}").get_json()


def end_at(path, moment):
    os.utime(path, (moment, moment))


@pytest.fixture
def berlin(monkeypatch):
    """Where on 2026-10-25, at 1:00 UTC, clocks went back from 3:00 to 2:00."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield datetime(2026, 10, 25, 1, tzinfo=timezone.utc).timestamp()
    monkeypatch.undo()
    time.tzset()


def test_the_hour_that_comes_twice_is_listed_by_what_came_when(client, recordings, berlin, monkeypatch):
    first, second, third = (f"petcam_20261025-02{minute}00.mp4" for minute in ("30", "10", "20"))
    write_mp4(recordings / first, frames=90, created=int(berlin - 1800))
    end_at(recordings / first, berlin - 1797)
    write_mp4(recordings / second, frames=60, created=int(berlin + 600))
    end_at(recordings / second, berlin + 602)
    write_growing_mp4(recordings / f"{third}.part", frames=2, created=int(berlin + 1200))
    end_at(recordings / f"{third}.part", berlin + 1209)
    monkeypatch.setattr("petcam.web.recordings.directory.time.time", lambda: berlin + 1210)
    rows = list_recordings(client)["recordings"]
    assert [(row["name"], row["start"], row["duration"], row["state"]) for row in rows] == [
        (third, "2026-10-25T02:20:00+01:00", 9.0, "recording"),
        (second, "2026-10-25T02:10:00+01:00", 2.0, "complete"),
        (first, "2026-10-25T02:30:00+02:00", 3.0, "complete"),
    ]
    page, names = list_recordings(client, "?limit=1"), []
    while page["recordings"]:
        names += [row["name"] for row in page["recordings"]]
        page = list_recordings(client, f"?limit=1&before={page['next']}") if page["next"] else {"recordings": []}
    assert names == [third, second, first]


def test_a_file_that_does_not_say_when_it_began_has_the_start_of_its_name(client, recordings, berlin):
    name = "petcam_20261025-021000.mp4"
    for created, end, start in (
        (-2_082_844_800, berlin + 700, "02:10:00+01:00"),
        (int(berlin) + 10**6, berlin - 2000, "02:10:00+02:00"),
    ):
        write_mp4(recordings / name, frames=3, created=created)
        end_at(recordings / name, end)
        assert list_recordings(client)["recordings"][0]["start"] == f"2026-10-25T{start}"


def test_a_name_is_a_cursor_too_even_of_a_recording_that_is_gone(client, recordings):
    for day, name in enumerate((A, B, C)):
        (recordings / name).touch()
        start = time.mktime((2026, 1, 1 + day, 0, 0, 0, 0, 0, -1))
        end_at(recordings / name, start + 60)
    assert [row["name"] for row in list_recordings(client, f"?before={B}")["recordings"]] == [A]
    (recordings / B).unlink()
    assert [row["name"] for row in list_recordings(client, f"?before={B}")["recordings"]] == [A]


def test_listing_opens_no_file_but_those_of_the_page(client, recordings, monkeypatch):
    for number in range(300):
        (recordings / f"petcam_20260101-{number // 60:02}{number % 60:02}00.mp4").touch()
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *args, **more: (opened.append(path), real(path, *args, **more))[1])
    assert len(list_recordings(client, "?limit=5")["recordings"]) == 5
    assert len([path for path in opened if str(path).endswith(".mp4")]) == 5


def test_it_lists_the_newest_first(client, recordings):
    (recordings / A).write_bytes(b"x" * 10)
    (recordings / B).write_bytes(b"x" * 20)
    (recordings / f"{C}.part").write_bytes(b"x" * 30)
    (recordings / f"{A}.pin").touch()
    for other in (
        "notes.txt",
        "petcam_20269999-000000.mp4",
        "petcam_20260230-000000.mp4",
        "petcam_00000101-000000.mp4",
    ):
        (recordings / other).touch()
    answer = list_recordings(client)
    assert [(row["name"], row["size"], row["pinned"], row["state"]) for row in answer["recordings"]] == [
        (C, 30, False, "recording"),
        (B, 20, False, "complete"),
        (A, 10, True, "complete"),
    ]
    assert answer["recordings"][2]["start"].startswith("2026-01-01T00:00:00")
    assert (answer["next"], answer["total"], answer["used"]) == ("", 3, 60)
    assert answer["free"] > 0


def test_it_lists_nothing_of_another_disk_while_the_recordings_own_is_missing(client, recordings, streamer):
    (recordings / A).touch()
    streamer.answer = Answer(200, b'{"recording":false,"reason":"Disk not mounted","error":"mount it"}')
    answer = client.get("/api/recordings")
    assert (answer.status_code, answer.get_json()) == (503, {"error": "Disk not mounted", "message": "mount it"})
    streamer.answer = Answer(200, b'{"recording":false,"reason":"Disk full","error":"it is full"}')
    assert list_recordings(client)["total"] == 1


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"null", None])
def test_where_the_streamer_cannot_tell_it_lists_what_is_there(client, recordings, streamer, answer):
    (recordings / A).touch()
    streamer.answer = Answer(200, answer or b"")
    if answer is None:
        streamer.fail(Code.STREAMER_TIMEOUT)
    assert list_recordings(client)["total"] == 1


def test_frames_and_duration_come_from_the_moov_box(client, recordings):
    write_mp4(recordings / A, frames=90)
    write_mp4(recordings / B, frames=45)
    os.utime(recordings / A, (0, 0))  # as a copy of the file would have another time
    rows = list_recordings(client)["recordings"]
    assert [(row["frames"], row["duration"]) for row in rows] == [(45, 1.5), (90, 3.0)]


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, b"\0" * 100, b"\0\0\0\x08ftyp\0\0\0\x08moov", b"\0\0\0\x01mdat" + b"\xff" * 8]
)
def test_without_a_moov_box_the_duration_comes_from_the_files_times(client, recordings, content):
    (recordings / A).write_bytes(content)
    start = time.mktime((2026, 1, 1, 0, 0, 0, 0, 0, -1))
    os.utime(recordings / A, (start + 12.5, start + 12.5))
    (row,) = list_recordings(client)["recordings"]
    assert (row["frames"], row["duration"]) == (None, 12.5)


def test_a_part_file_that_no_longer_grows_is_unfinished(client, recordings):
    (recordings / f"{A}.part").touch()
    os.utime(recordings / f"{A}.part", (time.time() - 60, time.time() - 60))
    assert list_recordings(client)["recordings"][0]["state"] == "unfinished"


def test_it_lists_page_by_page_and_opens_only_the_files_of_the_page(client, recordings, monkeypatch):
    names = [f"petcam_202601{day:02}-000000{tail}.mp4" for day in range(1, 11) for tail in ("", "-2", "-10")]
    for name in names:
        (recordings / name).touch()
    opened = []
    monkeypatch.setattr("petcam.web.recordings.directory.read_table", opened.append)
    seen, query = [], "?limit=7"
    while query:
        page = list_recordings(client, query)
        assert len(opened) == len(page["recordings"]) <= 7
        opened.clear()
        seen += [row["name"] for row in page["recordings"]]
        query = page["next"] and f"?limit=7&before={page['next']}"
        if len(seen) > 7:
            (recordings / seen[-1]).unlink()  # the next page still begins at the right place
        (recordings / f"petcam_20270101-0000{len(seen):02}.mp4").touch()
    assert seen == names[::-1]


@pytest.mark.parametrize(
    "limit", ["0", "1001", "-1", "x", "", "１", "1" * 5000, "0" * 5000 + "1", "0000001000000", "1_0", " 7"]
)
def test_it_refuses_an_invalid_limit(client, limit):
    assert client.get("/api/recordings", query_string={"limit": limit}).status_code == 400


def test_before_is_ignored_where_it_is_not_a_recording(client, recordings):
    (recordings / A).touch()
    assert len(client.get("/api/recordings", query_string={"before": "../\0"}).get_json()["recordings"]) == 1


def test_it_lists_nothing_while_there_is_no_directory(client, recordings):
    recordings.rmdir()
    assert list_recordings(client)["recordings"] == []
    assert client.get(f"/api/recordings/{A}").status_code == 404


def test_it_plays_a_recording_and_one_that_still_grows(client, recordings):
    (recordings / A).write_bytes(b"whole")
    (recordings / f"{C}.part").write_bytes(b"growing")
    for name, data in ((A, b"whole"), (C, b"growing")):
        with client.get(f"/api/recordings/{name}") as answer:
            assert (answer.status_code, answer.mimetype, answer.data) == (200, "video/mp4", data)
            assert answer.headers["Accept-Ranges"] == "bytes"
            assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
        with client.get(f"/api/recordings/{name}?download") as answer:
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditional_requests_are_answered(client, recordings, method):
    (recordings / A).write_bytes(b"whole")
    with client.open(f"/api/recordings/{A}", method=method) as answer:
        etag = answer.headers["ETag"]
    for headers, status in (
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f"W/{etag}"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": etag, "Range": "bytes=0-1"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": etag}, 200),
    ):
        with client.open(f"/api/recordings/{A}", method=method, headers=headers) as answer:
            assert answer.status_code == status, headers


def test_pinning_and_unpinning_twice_does_no_harm(client, recordings):
    (recordings / A).touch()
    (recordings / f"{C}.part").touch()
    for name in (A, C):
        for _ in range(2):
            assert client.put(f"/api/recordings/{name}/pin").status_code == 204
            assert (recordings / f"{name}.pin").stat().st_mode & 0o777 == 0o640
        for _ in range(2):
            assert client.delete(f"/api/recordings/{name}/pin").status_code == 204
            assert not (recordings / f"{name}.pin").exists()
    assert client.put(f"/api/recordings/{B}/pin").status_code == 404
    assert client.delete(f"/api/recordings/{B}/pin").status_code == 404
    assert not (recordings / f"{B}.pin").exists()


def test_a_disk_without_modes_and_durable_directories_pins_unpins_and_deletes(client, recordings, monkeypatch):
    def refuse(number):
        def refused(*args):
            raise OSError(number, os.strerror(number))

        return refused

    monkeypatch.setattr(os, "fchmod", refuse(errno.EPERM))
    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    (recordings / A).touch()
    assert client.put(f"/api/recordings/{A}/pin").status_code == 204  # once the thread has what it keeps open
    assert client.delete(f"/api/recordings/{A}/pin").status_code == 204
    before = os.listdir("/proc/self/fd")
    assert client.put(f"/api/recordings/{A}/pin").status_code == 204
    assert (recordings / f"{A}.pin").exists()
    assert client.delete(f"/api/recordings/{A}/pin").status_code == 204
    assert client.delete(f"/api/recordings/{A}").status_code == 204
    assert list(recordings.iterdir()) == [] and len(os.listdir("/proc/self/fd")) == len(before)


def test_a_pin_whose_file_fails_leaves_no_descriptor_open(client, recordings, monkeypatch):
    def fail(*args):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    (recordings / A).touch()
    monkeypatch.setattr(os, "fchmod", fail)
    before = os.listdir("/proc/self/fd")
    for name in (A, A):
        (recordings / f"{name}.pin").unlink(missing_ok=True)
        assert client.put(f"/api/recordings/{name}/pin").status_code == 403
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOTCONN, errno.ESTALE])
def test_a_disk_that_is_gone_is_said(client, recordings, monkeypatch, number):
    (recordings / A).touch()
    real = os.open

    def fail(path, *args, **more):
        if "recordings" in str(path):
            raise OSError(number, os.strerror(number))
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", fail)
    answers = [
        client.get("/api/recordings"),
        client.get(f"/api/recordings/{A}"),
        client.put(f"/api/recordings/{A}/pin"),
    ]
    assert {(answer.status_code, answer.json["error"]) for answer in answers} == {(503, "Disk fault")}


def test_a_pin_that_finds_no_room_is_said(client, recordings, monkeypatch):
    (recordings / A).touch()
    real = os.open

    def fail(path, *args, **more):
        if str(path).endswith(".pin"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", fail)
    answer = client.put(f"/api/recordings/{A}/pin")
    assert (answer.status_code, answer.json["error"]) == (507, "Disk full")


def test_pinning_follows_no_symbolic_link(client, recordings):
    (recordings / A).touch()
    (recordings / f"{A}.pin").symlink_to(recordings.parent / "elsewhere")
    assert client.put(f"/api/recordings/{A}/pin").status_code == 204
    assert not (recordings.parent / "elsewhere").exists()


def test_it_deletes_a_recording_once(client, recordings):
    (recordings / A).touch()
    assert client.delete(f"/api/recordings/{A}").status_code == 204
    assert list(recordings.iterdir()) == []
    assert client.delete(f"/api/recordings/{A}").status_code == 404


def test_it_refuses_to_delete_a_pinned_recording(client, recordings):
    (recordings / A).touch()
    client.put(f"/api/recordings/{A}/pin")
    answer = client.delete(f"/api/recordings/{A}")
    assert (answer.status_code, answer.get_json()["error"]) == (409, "Conflict")
    assert "unpin it first" in answer.get_json()["message"]
    client.delete(f"/api/recordings/{A}/pin")
    assert client.delete(f"/api/recordings/{A}").status_code == 204


def test_it_refuses_to_delete_a_recording_that_still_grows(client, recordings):
    (recordings / f"{C}.part").touch()
    assert client.delete(f"/api/recordings/{C}").status_code == 409
    assert (recordings / f"{C}.part").exists()


def test_a_thumbnail_has_square_pixels(client, recordings):
    av = pytest.importorskip("av")
    write_mp4(recordings / A, frames=1, sar="1/2")  # of 64x48
    jpeg = client.get(f"/api/recordings/{A}/thumbnail.jpg").data
    (shown,) = av.CodecContext.create("mjpeg", "r").decode(av.Packet(jpeg))
    assert (shown.width, shown.height) == (32, 48)


def test_a_thumbnail_is_made_once_and_the_cache_is_limited(client, services, recordings):
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=3)
    with client.get(f"/api/recordings/{A}/thumbnail.jpg") as answer:
        assert (answer.status_code, answer.mimetype, answer.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    again = services.thumbnails.get(
        (A, (recordings / A).stat().st_ino), None
    )  # None would fail if it had to be made again
    assert again == answer.data
    services.thumbnails._max_bytes = len(again)
    (recordings / B).write_bytes((recordings / A).read_bytes())
    assert client.get(f"/api/recordings/{B}/thumbnail.jpg").data == again
    assert len(services.thumbnails._cache) == 1


@pytest.mark.parametrize("content", [b"", b"x" * 100])
def test_a_file_without_a_picture_has_no_thumbnail(client, recordings, content):
    pytest.importorskip("av")
    (recordings / A).write_bytes(content)
    assert client.get(f"/api/recordings/{A}/thumbnail.jpg").status_code == 404


def test_a_recording_that_grows_has_a_thumbnail_too(client, recordings):
    pytest.importorskip("av")
    write_growing_mp4(recordings / f"{A}.part", frames=3)
    assert client.get(f"/api/recordings/{A}/thumbnail.jpg").data[:3] == b"\xff\xd8\xff"


def thumbnail_of(client, recordings, content):
    (recordings / A).unlink(missing_ok=True)
    (recordings / A).write_bytes(content)
    return client.get(f"/api/recordings/{A}/thumbnail.jpg")


def test_a_recording_that_claims_too_large_pictures_is_answered_with_501(client, services, recordings):
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=1)
    good = (recordings / A).read_bytes()
    start = good.index(b"avcC")
    claims = sps_of(8192, 4320)
    configuration = b"\1\x42\0\x33\xff\xe1" + struct.pack(">H", len(claims)) + claims + b"\1\0\1\x68"
    old = int.from_bytes(good[start - 4 : start], "big")
    assert len(configuration) <= old - 8
    changed = good[: start + 4] + configuration.ljust(old - 8, b"\0") + good[start - 4 + old :]
    answer = thumbnail_of(client, recordings, changed)
    assert (answer.status_code, answer.get_json()["error"]) == (501, "Not supported here")
    assert "8192x4320" in answer.get_json()["message"] and services.picture_budget.taken == 0


@pytest.mark.parametrize(
    ("box", "at", "value"),
    [
        ("stsz", 12, 1 << 30),  # the first sample's size: 1 GiB
        ("stsz", 4, 1 << 30),  # the size of each sample
        ("stco", 8, 0xFFFFFFFF),  # where it begins
        ("avcC", -8, 0x7FFFFFFF),  # the box's own size
        ("moov", -8, 0x7FFFFFFF),
        ("stsd", -8, 9),
    ],
)
def test_a_recording_that_claims_too_much_has_no_thumbnail(client, recordings, monkeypatch, box, at, value):
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=1)
    good = bytearray((recordings / A).read_bytes())
    place = good.index(box.encode()) + 4 + at
    good[place : place + 4] = struct.pack(">I", value)
    read, real = [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: read.append(size) or real(fd, size, offset))
    assert thumbnail_of(client, recordings, bytes(good)).status_code == 404
    assert max(read) <= 4096


def test_a_first_sample_over_what_petcam_records_is_not_read(client, recordings, monkeypatch):
    """It is really there: 64 MiB of nothing, which take no room on the disk."""
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=1)
    good = bytearray((recordings / A).read_bytes())
    place = good.index(b"stsz") + 4
    good[place + 12 : place + 16] = struct.pack(">I", 64 << 20)
    (recordings / A).write_bytes(good)
    os.truncate(recordings / A, 65 << 20)
    read, real = [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: read.append(size) or real(fd, size, offset))
    assert client.get(f"/api/recordings/{A}/thumbnail.jpg").status_code == 404
    assert max(read) <= 4096


def test_a_damaged_recording_has_a_thumbnail_or_none(client, services, recordings):
    """Each byte flipped and each length, of the part behind the samples; no answer is a defect."""
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=1)
    good = (recordings / A).read_bytes()
    variants = [good[:cut] for cut in range(0, len(good), 7)]
    variants += [good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :] for at in range(0, len(good), 3)]
    for content in variants:
        assert thumbnail_of(client, recordings, content).status_code in (200, 404, 501)
        services.thumbnails._cache.clear()
    assert services.picture_budget.taken == 0


def test_it_answers_501_where_thumbnails_cannot_be_made(client, recordings, monkeypatch):
    (recordings / A).touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = client.get(f"/api/recordings/{A}/thumbnail.jpg")
    assert (answer.status_code, answer.get_json()["error"]) == (501, "Not supported here")
    assert list_recordings(client)["thumbnails"] is False


REQUESTS = [
    ("GET", ""),
    ("DELETE", ""),
    ("PUT", "/pin"),
    ("DELETE", "/pin"),
    ("GET", "/thumbnail.jpg"),
    ("GET", "/boxes"),
]


@pytest.mark.parametrize(("method", "tail"), REQUESTS)
@pytest.mark.parametrize(
    "name",
    [
        "../secret.mp4",
        "..%2fsecret.mp4",
        "%2e%2e%2fsecret.mp4",
        "petcam_20260101-000000.mp4%00",
        f"{A}%0a",
        "secret.mp4",
    ]
    + [
        f"x/{A}",
        f"{A}.pin",
        f"{A}.part",
        "petcam_20260101-000000_..%2f..%2fsecret.mp4",
        "%ff",
        "petcam_２0260101-000000.mp4",
    ],
)
def test_it_touches_no_file_that_is_not_a_recording(client, recordings, method, tail, name):
    secret = recordings.parent / "secret.mp4"
    secret.write_bytes(b"secret")
    for kept in ("secret.mp4", f"{A}.pin", f"{A}.part"):
        (recordings / kept).touch()
    answer = client.open(f"/api/recordings/{name}{tail}", method=method)
    assert answer.status_code in (404, 405)
    assert len(list(recordings.iterdir())) == 3 and set(recordings.parent.iterdir()) == {recordings, secret}


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_it_follows_no_symbolic_link(client, recordings, suffix):
    secret = recordings.parent / "secret"
    secret.write_bytes(b"secret")
    (recordings / f"{A}{suffix}").symlink_to(secret)
    for method, tail in REQUESTS[2:] + REQUESTS[:1]:
        assert client.open(f"/api/recordings/{A}{tail}", method=method).status_code == 404
    assert list_recordings(client)["recordings"] == []
    client.delete(f"/api/recordings/{A}")
    assert secret.exists()


def test_a_fifo_or_a_folder_does_not_block_it(client, recordings):
    os.mkfifo(recordings / A)
    (recordings / B).mkdir()
    assert client.get(f"/api/recordings/{A}").status_code == 404
    assert client.get(f"/api/recordings/{B}").status_code == 404
    assert client.delete(f"/api/recordings/{B}").status_code == 404
    assert list_recordings(client)["recordings"] == []
