"""The recordings' files."""

import os

import pytest

A, B, C = "petcam_20260101-000000.mp4", "petcam_20260102-000000_cat-2.mp4", "petcam_20260103-000000.mp4"


def test_it_lists_the_newest_first(client, recordings):
    (recordings / A).write_bytes(b"x" * 10)
    (recordings / B).write_bytes(b"x" * 20)
    (recordings / f"{C}.part").write_bytes(b"x" * 30)
    (recordings / f"{A}.pin").touch()
    (recordings / "notes.txt").touch()
    (recordings / "petcam_20269999-000000.mp4").touch()
    rows = client.get("/api/recordings").get_json()["recordings"]
    assert [(row["name"], row["size"], row["state"]) for row in rows] == [
        (C, 30, "recording"),
        (B, 20, "complete"),
        (A, 10, "complete"),
    ]
    assert rows[2]["start"].startswith("2026-01-01T00:00:00")


def test_it_lists_nothing_while_there_is_no_directory(client, recordings):
    recordings.rmdir()
    assert client.get("/api/recordings").get_json() == {"recordings": []}
    assert client.get(f"/api/recordings/{A}").status_code == 404


def test_it_plays_a_recording_and_one_that_still_grows(client, recordings):
    (recordings / A).write_bytes(b"whole")
    (recordings / f"{C}.part").write_bytes(b"growing")
    for name, data in ((A, b"whole"), (C, b"growing")):
        with client.get(f"/api/recordings/{name}") as answer:
            assert (answer.status_code, answer.mimetype, answer.data) == (200, "video/mp4", data)
            assert answer.headers["Accept-Ranges"] == "bytes"


def test_it_answers_what_the_browser_already_has_with_304(client, recordings):
    (recordings / A).write_bytes(b"whole")
    with client.get(f"/api/recordings/{A}") as answer:
        etag = answer.headers["ETag"]
    with client.get(f"/api/recordings/{A}", headers={"If-None-Match": etag}) as answer:
        assert answer.status_code == 304


def test_it_answers_a_range_beyond_the_end_with_416(client, recordings):
    (recordings / A).write_bytes(b"whole")
    with client.get(f"/api/recordings/{A}", headers={"Range": "bytes=5-"}) as answer:
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */5")


def test_it_deletes_a_recording_and_its_pin_once(client, recordings):
    (recordings / A).touch()
    (recordings / f"{A}.pin").touch()
    assert client.delete(f"/api/recordings/{A}").status_code == 204
    assert list(recordings.iterdir()) == []
    assert client.delete(f"/api/recordings/{A}").status_code == 404


def test_it_does_not_delete_what_is_being_recorded(client, recordings):
    (recordings / f"{C}.part").touch()
    assert client.delete(f"/api/recordings/{C}").status_code == 409
    assert (recordings / f"{C}.part").exists()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
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
def test_it_leaves_alone_what_is_not_a_recording(client, recordings, method, name):
    secret = recordings.parent / "secret.mp4"
    secret.write_bytes(b"secret")
    for kept in ("secret.mp4", f"{A}.pin", f"{A}.part"):
        (recordings / kept).touch()
    answer = client.open(f"/api/recordings/{name}", method=method)
    assert answer.status_code in (404, 405)
    assert secret.exists() and len(list(recordings.iterdir())) == 3


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_it_follows_no_link(client, recordings, suffix):
    secret = recordings.parent / "secret"
    secret.write_bytes(b"secret")
    (recordings / f"{A}{suffix}").symlink_to(secret)
    assert client.get(f"/api/recordings/{A}").status_code == 404
    assert client.get("/api/recordings").get_json() == {"recordings": []}
    client.delete(f"/api/recordings/{A}")
    assert secret.exists()


def test_it_is_not_held_up_by_a_fifo_or_a_folder(client, recordings):
    os.mkfifo(recordings / A)
    (recordings / B).mkdir()
    assert client.get(f"/api/recordings/{A}").status_code == 404
    assert client.get(f"/api/recordings/{B}").status_code == 404
    assert client.delete(f"/api/recordings/{B}").status_code == 404
    assert client.get("/api/recordings").get_json() == {"recordings": []}
