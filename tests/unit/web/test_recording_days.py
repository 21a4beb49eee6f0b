"""Recordings by day and kind, many at once, and the index from which thousands are listed."""

import errno
import os
import time
from datetime import datetime, timezone

import pytest

from petcam.streamer_client import Answer
from petcam.web.recordings import index
from petcam.web.recordings.directory import RecordingDirectory, Wanted
from tests.unit.web.mp4_file import write_growing_mp4, write_mp4

A, B, C, D = (f"petcam_2026010{day}-120000.mp4" for day in (1, 2, 3, 3))
D = D.replace("12", "18")
LONG_AGO_NS = 10**18  # a folder that changed then can only have changed since if its time has


def end(path, seconds=60):
    """At ``seconds`` behind what its name says, in local time."""
    start = datetime.strptime(path.name[7:22], "%Y%m%d-%H%M%S").timestamp()
    os.utime(path, (start + seconds, start + seconds))


@pytest.fixture
def four(recordings):
    """Of three days; the second is pinned."""
    for name in (A, B, C, D):
        (recordings / name).write_bytes(b"x")
        end(recordings / name)
    (recordings / f"{B}.pin").touch()
    return recordings


def names(client, **query):
    answer = client.get("/api/recordings", query_string=query)
    assert answer.status_code == 200
    return [row["name"] for row in answer.get_json()["recordings"]]


def days(client, **query):
    answer = client.get("/api/recordings/days", query_string=query)
    return [(day["day"], day["count"], day["pinned"]) for day in answer.get_json()["days"]]


def test_it_counts_the_recordings_of_each_day(client, four):
    assert days(client) == [("2026-01-03", 2, 0), ("2026-01-02", 1, 1), ("2026-01-01", 1, 0)]
    answer = client.get("/api/recordings/days").get_json()
    assert (answer["total"], answer["used"], answer["today"]) == (4, 4, time.strftime("%Y-%m-%d"))
    assert answer["free"] > 0


def test_days_and_lists_are_of_what_is_asked_for(client, four):
    assert names(client, day="2026-01-03") == [D, C]
    assert names(client, **{"from": "2026-01-02", "to": "2026-01-03"}) == [D, C, B]
    assert names(client, to="2026-01-02") == [B, A]
    assert names(client, kept="yes") == [B]
    assert names(client, kept="no") == [D, C, A]
    assert names(client, kept="no", day="2026-01-02") == []
    assert days(client, kept="yes") == [("2026-01-02", 1, 1)]
    assert days(client, kept="no", to="2026-01-02") == [("2026-01-01", 1, 0)]


def test_the_pages_of_a_day_follow_each_other(client, four):
    page = client.get("/api/recordings?day=2026-01-03&limit=1").get_json()
    assert [row["name"] for row in page["recordings"]] == [D]
    page = client.get(f"/api/recordings?day=2026-01-03&limit=1&before={page['next']}").get_json()
    assert ([row["name"] for row in page["recordings"]], page["next"], page["total"]) == ([C], "", 4)


@pytest.mark.parametrize(
    "query", ["day=2026-1-3", "day=", "from=today", "to=2026-13-01", "kept=1", "day=2026-01-03%0a", "kept="]
)
@pytest.mark.parametrize("path", ["/api/recordings", "/api/recordings/days"])
def test_it_refuses_what_is_no_day_and_no_kind(client, path, query):
    assert client.get(f"{path}?{query}").status_code == 400


def test_days_are_not_sent_again_while_they_are_the_same(client, four, monkeypatch):
    etag = client.get("/api/recordings/days").headers["ETag"]
    disk = os.statvfs(four)
    monkeypatch.setattr(os, "fstatvfs", lambda fd: os.statvfs_result((*disk[:4], 7, *disk[5:])))
    again = client.get("/api/recordings/days", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    (four / f"{A}.pin").touch()
    assert client.get("/api/recordings/days", headers={"If-None-Match": etag}).status_code == 200


def test_a_row_says_its_day_and_the_shape_of_its_pictures(client, recordings):
    pytest.importorskip("av")
    write_mp4(recordings / A, frames=1, size=(90, 160))
    write_mp4(recordings / B, frames=1, sar="1/2")  # of 64x48
    write_growing_mp4(recordings / f"{C}.part", frames=1)
    (recordings / D).write_bytes(b"no film")
    for name in (A, B, f"{C}.part", D):
        end(recordings / name)
    rows = {row["name"]: row for row in client.get("/api/recordings").get_json()["recordings"]}
    assert {name: (row["width"], row["height"]) for name, row in rows.items()} == {
        A: (90, 160),
        B: (32, 48),
        C: (64, 48),
        D: (None, None),
    }
    assert rows[A]["day"] == "2026-01-01"


@pytest.fixture
def tokyo(monkeypatch):
    """Of a board that was set up in UTC: the names of its recordings are nine hours behind."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_recording_is_of_the_day_that_its_file_says_where_its_name_is_another_time_zones(client, recordings, tokyo):
    began = int(datetime(2026, 1, 1, 20, tzinfo=timezone.utc).timestamp())
    name = "petcam_20260101-200000.mp4"
    write_mp4(recordings / name, frames=3, created=began)
    os.utime(recordings / name, (began + 1, began + 1))
    assert days(client) == [("2026-01-02", 1, 0)]
    assert names(client, day="2026-01-02") == [name] and names(client, day="2026-01-01") == []
    (row,) = client.get("/api/recordings").get_json()["recordings"]
    assert (row["day"], row["start"]) == ("2026-01-02", "2026-01-02T05:00:00+09:00")


def test_only_files_that_do_not_bear_out_their_names_are_opened_for_their_days_and_once(client, four, monkeypatch):
    end(four / A, seconds=-3600)
    end(four / B, seconds=3 * 3600)
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *args, **more: (opened.append(path), real(path, *args, **more))[1])
    for _ in range(3):
        assert len(days(client)) == 3
    assert {path for path in opened if str(path).endswith(".mp4")} == {A, B}
    assert len([path for path in opened if str(path).endswith(".mp4")]) == 2


def test_so_many_files_are_opened_at_a_time_and_the_others_later(client, four, monkeypatch):
    monkeypatch.setattr(index, "OPENED_FILES", 1)
    began = int(datetime(2026, 1, 1, 12).timestamp())
    for name in (B, B.replace("0000", "0001")):
        write_mp4(four / name, frames=1, created=began)
        os.utime(four / name, (began + 1, began + 1))
    assert [days(client)[-1][:2] for _ in range(3)] == [("2026-01-01", count) for count in (2, 3, 3)]


class Looks:
    """Counts what the index asks the disk for."""

    def __init__(self, monkeypatch):
        self.listed, self.looked_at = 0, []
        listdir, look = os.listdir, os.stat
        monkeypatch.setattr(os, "listdir", lambda *args: self._list(listdir, *args))
        monkeypatch.setattr(os, "stat", lambda path, **more: self.looked_at.append(path) or look(path, **more))

    def _list(self, listdir, *args):
        self.listed += 1
        return listdir(*args)


def settle(folder):
    """As if the folder had last been changed long ago."""
    os.utime(folder, ns=(LONG_AGO_NS, LONG_AGO_NS))


def test_names_are_not_listed_again_while_the_folder_is_the_same(four, monkeypatch):
    directory, looks = RecordingDirectory(str(four)), Looks(monkeypatch)
    settle(four)
    for _ in range(3):
        assert len(directory.page(10).recordings) == 4
    assert looks.listed == 1
    (four / A).unlink()
    assert len(directory.page(10).recordings) == 3
    assert looks.listed == 2


def test_names_are_listed_again_after_a_while_where_a_folder_keeps_no_time(four, monkeypatch):
    directory, looks, now = RecordingDirectory(str(four)), Looks(monkeypatch), time.monotonic()
    settle(four)
    directory.page(10)
    (four / A).unlink()
    settle(four)
    monkeypatch.setattr(time, "monotonic", lambda: now + index.MAX_LOOK_SECONDS + 1)
    assert len(directory.page(10).recordings) == 3
    assert looks.listed == 2


def test_what_is_finished_or_deleted_is_seen_at_once_where_the_folder_keeps_its_time(recordings):
    (recordings / A).touch()
    (recordings / f"{B}.part").touch()
    directory = RecordingDirectory(str(recordings))
    settle(recordings)
    assert {row.state for row in directory.page(10).recordings} == {"complete", "recording"}
    (recordings / f"{B}.part").rename(recordings / B)
    settle(recordings)
    assert [(row.name, row.state) for row in directory.page(10).recordings] == [(B, "complete"), (A, "complete")]
    (recordings / A).unlink()
    settle(recordings)
    assert directory.page(10).totals.count == 1


def test_a_folder_that_says_1970_tells_nothing(recordings):
    """As exFAT's says after each mount, of the same device and inode as before."""
    directory = RecordingDirectory(str(recordings))
    os.utime(recordings, ns=(0, 0))
    assert directory.page(10).recordings == []
    (recordings / A).touch()
    os.utime(recordings, ns=(0, 0))
    assert [row.name for row in directory.page(10).recordings] == [A]


def test_what_is_deleted_and_pinned_here_is_seen_at_once_whatever_the_folder_says(four, monkeypatch):
    directory = RecordingDirectory(str(four))
    settle(four)
    directory.page(10)
    directory.delete(A)
    directory.pin(C)
    settle(four)
    assert {row.name for row in directory.page(10, wanted=Wanted(pinned=True)).recordings} == {B, C}
    assert directory.page(10).totals.count == 3


def test_files_that_change_in_place_are_noticed_in_turn_and_growing_ones_always(recordings, monkeypatch):
    monkeypatch.setattr(index, "CHECKED_FILES", 2)
    files = [recordings / f"petcam_20260101-12000{number}.mp4" for number in range(6)]
    growing = recordings / f"{D}.part"
    for file in [*files, growing]:
        file.write_bytes(b"x")
        end(file)
    directory = RecordingDirectory(str(recordings))
    settle(recordings)
    directory.page(10)
    for size in range(2, 6):
        growing.write_bytes(b"x" * size)
        assert directory.page(10).totals.used == 6 + size
    growing.write_bytes(b"xx")
    for file in files:
        file.write_bytes(b"xxx")
        end(file)
    settle(recordings)
    used = [directory.page(10).totals.used for _ in range(4)]
    assert used[0] < 20 and used[-1] == 20


def test_of_a_folder_with_thousands_few_files_are_looked_at_and_those_of_the_page_opened(recordings, monkeypatch):
    for number in range(3000):
        (recordings / f"petcam_20260101-{number // 3600:02}{number // 60 % 60:02}{number % 60:02}.mp4").touch()
    directory = RecordingDirectory(str(recordings))
    assert len(directory.page(100).recordings) == 100
    settle(recordings)
    looks = Looks(monkeypatch)
    directory.page(100)
    directory.days()
    assert looks.listed == 1
    assert len(looks.looked_at) <= 2 * index.CHECKED_FILES


def test_of_more_than_it_keeps_the_oldest_are_left_out(recordings, monkeypatch):
    monkeypatch.setattr(index, "MAX_RECORDINGS", 2)
    for name in (A, B, C, D, "petcam_notes.txt", "petcam_zzz.mp4"):
        (recordings / name).touch()
    assert {row.name for row in RecordingDirectory(str(recordings)).page(10).recordings} == {C, D}


def test_a_recording_keeps_its_place_while_it_grows_is_finished_and_goes(client, recordings):
    part = recordings / f"{A}.part"
    part.write_bytes(b"x")
    assert names(client) == [A]
    part.rename(recordings / A)
    (row,) = client.get("/api/recordings").get_json()["recordings"]
    assert row["state"] == "complete"
    (recordings / A).unlink()
    assert names(client) == []
    (recordings / A).mkdir()
    assert names(client) == []
    (recordings / A).rmdir()
    (recordings / A).touch()
    assert names(client) == [A]


def test_another_disk_in_the_folders_place_is_listed_anew(client, four, monkeypatch):
    monkeypatch.setattr(index, "CHECKED_FILES", 0)
    assert len(names(client)) == 4
    four.rename(four.parent / "elsewhere")
    four.mkdir()
    (four / A).write_bytes(b"another")
    assert names(client) == [A]
    assert client.get("/api/recordings").get_json()["used"] == 7


def test_many_are_deleted_in_one_request_and_it_says_which_were_not_and_why(client, four):
    (four / f"{C}.part").touch()
    (four / C).unlink()
    answer = client.post("/api/recordings/delete", json={"names": [A, B, C, D, D, "../x"]})
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["done"] == [A, D]
    assert [(each["name"], each["error"]) for each in told["failed"]] == [
        (B, "Conflict"),
        (C, "Conflict"),
        ("../x", "Not found"),
    ]
    assert "unpin it first" in told["failed"][0]["message"]
    assert sorted(os.listdir(four)) == [B, f"{B}.pin", f"{C}.part"]


def test_many_are_pinned_and_unpinned_in_one_request(client, four):
    assert client.post("/api/recordings/pin", json={"names": [A, B]}).get_json() == {"done": [A, B], "failed": []}
    assert names(client, kept="yes") == [B, A]
    told = client.post("/api/recordings/unpin", json={"names": [A, B, "petcam_20200101-000000.mp4"]}).get_json()
    assert told["done"] == [A, B] and [each["error"] for each in told["failed"]] == ["Not found"]
    assert names(client, kept="yes") == []


def test_what_many_changes_did_is_made_durable_once(client, four, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    client.post("/api/recordings/delete", json={"names": [A, C, D]})
    client.post("/api/recordings/delete", json={"names": ["petcam_20200101-000000.mp4"]})
    assert len(synced) == 1


def test_a_disk_that_fails_while_many_are_deleted_is_said_of_each(client, four, monkeypatch):
    def fail(*args, **more):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "unlink", fail)
    told = client.post("/api/recordings/delete", json={"names": [A, C]}).get_json()
    assert (told["done"], [each["error"] for each in told["failed"]]) == ([], ["Disk fault"] * 2)


def test_nothing_of_another_disk_is_deleted_while_the_recordings_own_is_missing(client, four, streamer):
    streamer.answer = Answer(200, b'{"recording":false,"reason":"Disk not mounted","error":"mount it"}')
    for what in ("delete", "pin", "unpin"):
        assert client.post(f"/api/recordings/{what}", json={"names": [A]}).status_code == 503
    assert client.get("/api/recordings/days").status_code == 503
    assert (four / A).exists()


@pytest.mark.parametrize(
    "body", [{}, {"names": []}, {"names": A}, {"names": [1]}, {"names": [A] * 501}, [A], {"names": None}]
)
def test_it_refuses_a_list_that_is_none_or_too_long(client, four, body):
    assert client.post("/api/recordings/delete", json=body).status_code == 400
    assert (four / A).exists()


def test_who_may_only_look_changes_nothing(owner, services_with_login, connection, four):
    from tests.unit.web.conftest import make_client

    services_with_login.owner.set_viewer_password("words for the viewers")
    viewer = make_client(services_with_login, connection)
    assert viewer.post("/login", data={"password": "words for the viewers"}).status_code == 303
    assert len(days(viewer)) == 3
    for what in ("delete", "pin", "unpin"):
        assert viewer.post(f"/api/recordings/{what}", json={"names": [A]}).status_code == 403
    assert (four / A).exists()
