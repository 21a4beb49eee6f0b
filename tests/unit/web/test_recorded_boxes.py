"""The boxes of recordings, read out of their files."""

import json
import os
import struct

import pytest

from petcam.web.recordings import box_walk, recorded_boxes
from tests.unit.web.mp4_file import pair, write_growing_mp4, write_mp4

A = "petcam_20260101-000000.mp4"
PART = f"{A}.part"
CAT, TWO = ["cat", 0.93, 10, 20, 30, 40], [["cat", 0.93, 1, 2, 3, 4], ['a "dog"\n', 1.0, -5, 0, 64, 48]]
FOUND = [(3000, b'[["cat",0.93,10,20,30,40]]'), (9000, b"[]"), (12000, json.dumps(TWO).encode())]
FRAMES = [[3000, [CAT]], [9000, []], [12000, TWO]]


SOUND = pytest.mark.parametrize("sound", [0, 40], ids=["without sound", "with sound"])


def boxes_of(client, query="", name=A):
    return client.get(f"/api/recordings/{name}/boxes{query}")


def frames_of(client, query=""):
    answer = boxes_of(client, query)
    assert answer.status_code == 200
    return answer.get_json()["frames"]


def both(recordings, growing, boxes, frames=30, sound=0):
    """A finished recording, or one that grows."""
    if growing:
        write_growing_mp4(recordings / PART, frames, boxes=boxes, sound=sound)
    else:
        write_mp4(recordings / A, frames, boxes=boxes, sound=sound)
    return recordings / (PART if growing else A)


FINISHED_AND_GROWING = pytest.mark.parametrize("growing", [False, True], ids=["finished", "growing"])


@SOUND
@FINISHED_AND_GROWING
def test_it_answers_the_boxes_of_a_recording(client, recordings, growing, sound):
    both(recordings, growing, FOUND, sound=sound)
    answer = boxes_of(client)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.get_json() == {"timescale": 90000, "width": 64, "height": 48, "frames": FRAMES}


@FINISHED_AND_GROWING
def test_boxes_of_the_first_frame_are_at_0(client, recordings, growing):
    both(recordings, growing, [(0, FOUND[0][1]), (3000, b"[]")])
    assert frames_of(client) == [[0, [CAT]], [3000, []]]


@FINISHED_AND_GROWING
@pytest.mark.parametrize(
    ("query", "ticks"),
    [
        ("?from=0", [3000, 9000, 12000]),
        (f"?from={3000 / 90000:.6f}", [3000, 9000, 12000]),  # a tick's own time, however it is rounded
        ("?from=0.03335", [9000, 12000]),
        (f"?from=0.1&to={12000 / 90000:.6f}", [9000]),
        ("?to=0.05", [3000]),
        ("?from=0.2", []),
        ("?from=5&to=1", []),
    ],
)
def test_it_answers_the_part_that_is_asked_for(client, recordings, growing, query, ticks):
    both(recordings, growing, FOUND)
    assert [frame[0] for frame in frames_of(client, query)] == ticks


@pytest.mark.parametrize("query", ["?from=-1", "?to=x", "?from=nan", "?to=1e3", "?from=10000000", "?from="])
def test_it_refuses_times_that_are_none(client, recordings, query):
    write_mp4(recordings / A, 5, boxes=FOUND)
    answer = boxes_of(client, query)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Bad request")


@SOUND
@FINISHED_AND_GROWING
@pytest.mark.parametrize("boxes", [None, []], ids=["before there were any", "no detector"])
def test_a_recording_without_boxes_has_no_frames(client, recordings, growing, boxes, sound):
    both(recordings, growing, boxes, sound=sound)
    assert boxes_of(client).get_json() == {"timescale": 90000, "width": 64, "height": 48, "frames": []}


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\0\0\0\x10ftypisom\0\0\2\0"])
def test_a_file_that_is_no_recording_of_petcams_has_no_boxes(client, recordings, content):
    (recordings / A).write_bytes(content)
    answer = boxes_of(client)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "Not found")


def test_there_are_no_boxes_where_there_is_no_recording(client, recordings):
    assert boxes_of(client).status_code == 404
    assert boxes_of(client, name="secret.mp4").status_code == 404


@FINISHED_AND_GROWING
def test_a_long_recording_is_answered_in_parts_without_a_gap(client, recordings, growing, monkeypatch):
    monkeypatch.setattr(recorded_boxes, "MAX_FRAMES", 7)
    both(recordings, growing, [(3000 * number, b"[]") for number in range(30)])
    got, query = [], ""
    while query is not None:
        answer = boxes_of(client, query).get_json()
        assert len(answer["frames"]) <= 7
        got += [frame[0] for frame in answer["frames"]]
        query = f"?from={answer['more'] / 90000:.6f}" if "more" in answer else None
    assert got == [3000 * number for number in range(30)]


@FINISHED_AND_GROWING
def test_large_samples_are_answered_in_parts(client, recordings, growing, monkeypatch):
    monkeypatch.setattr(recorded_boxes, "MAX_ANSWER_BYTES", 5000)
    large = b'[["cat",0.5,1,2,3,4]' + b" " * 2000 + b"]"
    both(recordings, growing, [(3000 * number, large) for number in range(10)])
    answer = boxes_of(client).get_json()
    assert [len(answer["frames"]), answer["more"]] == [2, 6000]


@FINISHED_AND_GROWING
def test_a_slow_disk_is_answered_in_parts(client, recordings, growing, monkeypatch):
    """As if the time were over at once: each answer gets on nevertheless."""
    monkeypatch.setattr(recorded_boxes, "MAX_SECONDS", -1.0)
    monkeypatch.setattr(box_walk.BoxWalk, "go_on", walk_some)
    both(recordings, growing, [(3000 * number, b"[]") for number in range(10)])
    got, query = [], ""
    while query is not None:
        answer = boxes_of(client, query).get_json()
        got += [frame[0] for frame in answer["frames"]]
        query = f"?from={answer['more'] / 90000:.6f}" if "more" in answer else None
    assert got == [3000 * number for number in range(10)]


def walk_some(walk, fd, _deadline):
    return not all(walk._step(fd, os.fstat(fd).st_size) for _ in range(3))


def test_a_recording_that_grows_is_walked_on_and_then_read_by_its_table(client, recordings, monkeypatch):
    read, real = [], os.pread
    write_growing_mp4(recordings / PART, 60, boxes=FOUND)
    whole = (recordings / PART).read_bytes()
    cut = whole.rindex(b"moof") - 4  # of the last frame
    (recordings / PART).write_bytes(whole[: cut + 50])
    assert frames_of(client) == FRAMES
    later = 63 * 3000
    with (recordings / PART).open("r+b") as file:
        file.seek(cut)
        file.write(whole[cut:] + pair(64, 1, later, b"\0\0\0\1\x65") + pair(65, 2, later, b"[]") + b"\0\0\0\x64moof")
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: read.append((size, offset)) or real(fd, size, offset))
    assert frames_of(client) == [*FRAMES, [later, []]]
    assert sum(size == 108 and offset > 2000 for size, offset in read) == 4  # three more pairs, and what is none yet
    (recordings / PART).unlink()
    write_mp4(recordings / A, 60, boxes=FOUND[:1])
    assert frames_of(client) == FRAMES[:1]


def test_another_file_in_the_place_of_one_that_grew_is_read_anew(client, recordings):
    write_growing_mp4(recordings / PART, 30, created=1000, boxes=FOUND)
    assert frames_of(client) == FRAMES
    whole = recordings / "other"
    write_growing_mp4(whole, 30, created=2000, boxes=FOUND[:2])
    (recordings / PART).write_bytes(whole.read_bytes())  # with the same inode
    assert frames_of(client) == FRAMES[:2]


@FINISHED_AND_GROWING
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"{}",
        b"7",
        b"[7]",
        b"[[]]",
        b'[["cat",0.5,1,2,3]]',
        b'[["cat",0.5,1,2,3,4,5]]',
        b"[[7,0.5,1,2,3,4]]",
        b'[["cat","0.5",1,2,3,4]]',
        b'[["cat",NaN,1,2,3,4]]',
        b'[["cat",1e999,1,2,3,4]]',
        b'[["cat",1' + b"0" * 400 + b",1,2,3,4]]",
        b'[["cat",1.5,1,2,3,4]]',
        b'[["cat",true,1,2,3,4]]',
        b'[["cat",0.5,1.5,2,3,4]]',
        b'[["cat",0.5,null,2,3,4]]',
        b'[["cat",0.5,99999999999,2,3,4]]',
        b'[["\\ud800",0.5,1,2,3,4]]',
        b'[["' + b"x" * 65 + b'",0.5,1,2,3,4]]',
        b'[["c\xff",0.5,1,2,3,4]]',
        b'[["cat",0.5,1,2,3,4]',
        b"[" * 5000,
        b"[" + b'["cat",0.5,1,2,3,4],' * 64 + b'["cat",0.5,1,2,3,4]]',
        b"[" + b"7" * 16000 + b"]",
        b'[["cat",0.5,1,2,3,4]]\0',
    ],
)
def test_a_sample_that_petcam_does_not_write_is_left_out(client, recordings, growing, text):
    both(recordings, growing, [(3000, text), *FOUND[1:]])
    assert frames_of(client) == FRAMES[1:]


def test_64_boxes_are_answered(client, recordings):
    write_mp4(recordings / A, 9, boxes=[(0, json.dumps([CAT] * 64).encode())])
    assert frames_of(client) == [[0, [CAT] * 64]]


def damaged(good):
    """Each fifth byte flipped, and the file cut behind some."""
    yield from (good[:cut] for cut in range(0, len(good), 17))
    yield from (good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :] for at in range(0, len(good), 5))


@FINISHED_AND_GROWING
def test_a_damaged_recording_has_boxes_or_none_and_little_is_read_of_it(client, recordings, growing, monkeypatch):
    path = both(recordings, growing, FOUND, frames=5)
    good = path.read_bytes()
    known, read, real = [frame[1] for frame in FRAMES], [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: read.append(size) or real(fd, size, offset))
    for content in damaged(good):
        path.write_bytes(content)
        answer = boxes_of(client)
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            assert (
                sum(frame[1] in known for frame in answer.get_json()["frames"]) >= len(answer.get_json()["frames"]) - 1
            )
    assert max(read) <= 64 * 1024


@pytest.mark.parametrize(
    ("box", "at", "value"),
    [
        ("stts", 4, 0xFFFFFFFF),  # runs
        ("stts", 8, 0xFFFFFFFF),  # samples of the first run
        ("stts", 12, 0xFFFFFFFF),  # their duration
        ("stsz", 8, 0xFFFFFFFF),  # samples
        ("stsz", 8, 1 << 20),
        ("stsz", 4, 1),  # the size of each
        ("stsz", 12, 1 << 30),  # the first one's size
        ("stco", 4, 1 << 20),  # offsets
        ("stco", 8, 0xFFFFFFFF),  # the first one
        ("stsc", 4, 2),
        ("elst", 4, 3),
        ("elst", 8, 0xFFFFFFFF),  # the upper half of the delay
        ("mett", -8, 7),
    ],
)
def test_a_recording_that_claims_too_much_is_not_believed(client, recordings, monkeypatch, box, at, value):
    write_mp4(recordings / A, 5, boxes=FOUND)
    good = bytearray((recordings / A).read_bytes())
    place = good.rindex(box.encode()) + 4 + at
    good[place : place + 4] = struct.pack(">I", value)
    (recordings / A).write_bytes(good)
    read, real = [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, offset: read.append(size) or real(fd, size, offset))
    assert all(found in [boxes for _, boxes in FRAMES] for _, found in frames_of(client))
    assert max(read) <= 64 * 1024 and len(read) < 200


def test_a_sample_behind_the_end_of_any_file_is_none(client, recordings):
    write_mp4(recordings / A, 5, boxes=FOUND)
    good = bytearray((recordings / A).read_bytes())
    place = good.rindex(b"stco")
    good[place : place + 4] = b"co64"  # the first of them, where two of the others are
    good[place + 12 : place + 16] = b"\xff" * 4
    (recordings / A).write_bytes(good)
    assert frames_of(client, "?to=0.05") == []


def test_a_read_error_is_the_disks_fault(client, recordings, monkeypatch):
    write_mp4(recordings / A, 5, boxes=FOUND)
    real = os.pread

    def fail(fd, size, offset):
        if size == len(FOUND[0][1]):
            raise OSError(5, "Input/output error")
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", fail)
    answer = boxes_of(client)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "Disk fault")
