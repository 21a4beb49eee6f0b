"""Folders with recordings, and what both languages say of them: tests/library-cases.json.

``PYTHONPATH=. python -m tests.unit.web.library_cases`` writes that file anew, with what Python says now; whoever does
so reads the difference. The films in it are small ones without PyAV, so that it is the same on every machine.
"""

import base64
import json
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from petcam.errors import PetcamError
from petcam.web.http import Downloads
from petcam.web.recordings.directory import RecordingDirectory, Wanted
from petcam.web.recordings.library import _as_json, _video_response
from petcam.web.recordings.recorded_boxes import RecordedBoxes
from tests.h264_bits import pps_of, slice_of, sps_of
from tests.unit.web.mp4_file import write_growing_mp4, write_mp4

FILE = Path(__file__).parents[2] / "library-cases.json"
CUTS, FLIPS = 13, 5  # one damaged film for so many bytes
SECOND = 10**9
Case = dict[str, Any]


def film(aspect: tuple[int, int] | None = None, pictures: int = 3) -> tuple[list[bytes], bytes, list[int]]:
    sps, pps = sps_of(64, 48, aspect=aspect), pps_of()
    sets = b"\xe1" + struct.pack(">H", len(sps)) + sps + b"\1" + struct.pack(">H", len(pps)) + pps
    units = [slice_of("I", idr=True), *[slice_of()] * (pictures - 1)]
    return [struct.pack(">I", len(unit)) + unit for unit in units], b"\1" + sps[1:4] + b"\xff" + sets, [1]


def utc(*fields: int) -> int:
    return int(datetime(*fields, tzinfo=timezone.utc).timestamp())


def boxes() -> list[tuple[int, bytes]]:
    return [
        (3000, b'[["cat",0.93,10,20,30,40]]'),
        (4500, b'[ ["\\u0041\\ud83d\\ude00\\"",1,-0,-5,64,48],["\xe7\x8c\xab",1e-5,1,2,3,4] ]'),
        (5000, b'[["cat",0.930,1,2,3,4],["a/b\\n",1.0,1,2,3,4],["",-0.0,1,2,3,1048576]]'),
        (5001, b'[["cat",-0,1,2,3,4],["\x7f",1E0,1,2,3,4]]'),
        (5002, b'[["cat",1.0000000000000002,1,2,3,4]]'),
        (5003, b'[["\\ud800",0.5,1,2,3,4]]'),
        (5004, b'[["cat",0.5,1,2,3,1048577]]'),
        (5005, b'[["cat",0.5,1,2,3,4.0]]'),
        (5006, b'[["cat",01,1,2,3,4]]'),
        (5007, b'[["cat",.5,1,2,3,4]]'),
        (5008, b'[["cat",NaN,1,2,3,4]]'),
        (5009, b'[["' + b"x" * 64 + b'",0,1,2,3,4]]'),
        (5010, b'[["' + b"x" * 65 + b'",0,1,2,3,4]]'),
        (5011, b"[]]"),
        (5012, b"[[]]"),
        (5013, b'[["cat",0.5,1,2,3,4],]'),
        (5014, b'[["a\tb",0.5,1,2,3,4]]'),
        (5015, b'[["c\xff",0.5,1,2,3,4]]'),
        (6000, b" [\r\n]\t "),
    ]


BEGAN = utc(2026, 1, 1, 12)
A, B, C, D = (f"petcam_2026010{day}-120000.mp4" for day in (1, 2, 3, 4))
ALWAYS, VISIT = "petcam_20260105-120000~always-2.mp4", "petcam_20260105-120000~visit-2.mp4"


def at(day: int, seconds: float = 0) -> int:
    return int((BEGAN + (day - 1) * 86400 + seconds) * SECOND)


def file(name: str, ended: int, size: int = 1, **more: Any) -> Case:
    return {"name": name, "ended": ended, "size": size, **more}


def films(folder: Path) -> dict[str, str]:
    """In base64, by their names."""
    path, made = folder / "film", {}
    writers: dict[str, Callable[[], None]] = {
        "finished": lambda: write_mp4(path, 3, BEGAN, film=film(), boxes=boxes(), sound=4),
        "growing": lambda: write_growing_mp4(path, 3, BEGAN, film=film((1, 2)), boxes=boxes(), sound=4),
        "narrow": lambda: write_mp4(path, 3, BEGAN + 86400, film=film((3, 2))),
        "does not say when": lambda: write_mp4(path, 90, film=film(pictures=90)),
        "no boxes yet": lambda: write_growing_mp4(path, 3, BEGAN, film=film(), boxes=[]),
    }
    for name, write in writers.items():
        write()
        made[name] = base64.b64encode(path.read_bytes()).decode()
    return made


ALL: dict[str, Any] = {"limit": 100}
MANY = [
    file(A, at(1, 0.1), film="finished"),
    file(f"{A}.pin", at(9), 0),
    file(B, at(2, 0.75), film="narrow"),
    file(f"{C}.part", at(3, 7.25), film="growing"),
    file(f"{C}.pin", at(9), 0),
    file(D, at(4, 61.0625), 2000),
    file(f"{ALWAYS}.part", at(5, 2), film="no boxes yet"),
    file("petcam_20260106-120000_cat-2.mp4", at(6, 1), film="does not say when"),
    file("petcam_20260106-120000_cat.mp4", at(6, 1), 5),
    file("petcam_20260106-120000_cat-10.mp4", at(6, 1), 6),
    file("petcam_20260107-120000~visit.mp4", at(7, 100), 0),
    file("petcam_20260107-130000.mp4.part", at(7, 3700), 0),
    {"name": "petcam_20260108-120000.mp4", "link": A},
    {"name": "petcam_20260108-120001.mp4.part", "link": A},
    {"name": "petcam_20260108-120002.mp4", "folder": True},
    {"name": "petcam_20260108-120003.mp4", "fifo": True},
    file("petcam_20260230-120000.mp4", at(8), 7),
    file("petcam_20260108-120000~sound.mp4", at(8), 7),
    file("petcam_20260109-120000.mp4.pin", at(9), 0),
    file("notes.txt", at(9), 9),
]
NO = {"first": "", "last": "", "kind": ""}


def cases() -> list[Case]:
    berlin = utc(2026, 10, 25, 1)  # when clocks went back from 3:00 to 2:00
    spring = utc(2026, 3, 29, 1)
    return [
        {
            "name": "all sorts",
            "zone": "UTC",
            "files": MANY,
            "asks": [
                {"page": ALL},
                *(
                    {"page": {**ALL, "pinned": pinned, "kind": kind}}
                    for pinned in (True, False)
                    for kind in ("", "always")
                ),
                *({"page": {**ALL, "kind": kind}} for kind in ("hand", "visit", "always")),
                {"page": {**ALL, "first": "2026-01-02", "last": "2026-01-04"}},
                {"page": {**ALL, "first": "2026-01-06"}},
                {"page": {**ALL, "last": "2026-01-02", "pinned": False}},
                *({"page": {"limit": 2, "before": before}} for before in cursors()),
                {"days": {}},
                {"days": {"pinned": True}},
                {"days": {"kind": "hand", "last": "2026-01-06"}},
                {"boxes": [A, 0, 10**9]},
                {"boxes": [A, 3001, 5002]},
                {"boxes": [A, 6001, 10**9]},
                {"boxes": [A, 5000, 4000]},
                {"boxes": [C, 0, 10**9]},
                {"boxes": [C, 4500, 5000]},
                *(
                    {"boxes": [name, 0, 10**9]}
                    for name in (B, D, ALWAYS, VISIT, "petcam_20260109-120000.mp4", "secret.mp4")
                ),
                *({"open": name} for name in (A, C, ALWAYS, VISIT, "petcam_20260107-120000~always.mp4")),
                *({"open": each["name"]} for each in MANY[12:]),
                *(
                    {"open": name}
                    for name in ("", "../x", "a'b", "a'b\"c\\", "\t\n\r\0\x7f\x80\u3000\U0001f600\ud7ff猫", "x" * 61)
                ),
            ],
        },
        {
            "name": "changes",
            "zone": "UTC",
            "files": MANY,
            "asks": [
                {"pin": [A, B, C, D, VISIT, "petcam_20260109-120000.mp4", "x"]},
                {"page": {**ALL, "pinned": True}},
                {"delete": [A, B, C, D, ALWAYS, "petcam_20260108-120000.mp4", "petcam_20260108-120002.mp4"]},
                {"unpin": [A, B, ALWAYS, "petcam_20260108-120000.mp4", "petcam_20260108-120003.mp4", "y"]},
                {"delete": [A, B, D, VISIT, "petcam_20260107-120000~always.mp4", "petcam_20260108-120003.mp4", A]},
                {"page": ALL},
                {"days": {}},
                {"names": None},
            ],
        },
        {
            "name": "the hour that comes twice, and the one that is left out",
            "zone": "Europe/Berlin",
            "files": [
                *(
                    file(f"petcam_20261025-0{hour}{minute}00.mp4", (berlin + seconds) * SECOND)
                    for hour, minute, seconds in (
                        *((2, "30", -1797), (2, "10", 602), (2, "20", 1209), (2, "00", -3500), (2, "01", 100)),
                        *((1, "59", -3600), (3, "00", 3601)),
                    )
                ),
                *(file(f"petcam_20260329-023{n}00.mp4", (spring + n * 1800 - 1800) * SECOND) for n in range(4)),
            ],
            "asks": [
                {"page": ALL},
                *(
                    {"page": {"limit": 2, "before": f"petcam_20261025-02{n}00.mp4"}}
                    for n in ("30", "10", "15", "40", "05")
                ),
                *({"page": {"limit": 2, "before": f"petcam_20260329-02{n}00.mp4"}} for n in ("30", "31", "35")),
            ],
        },
        *(
            {
                "name": f"names of another zone, in {zone}",
                "zone": zone,
                "files": [
                    file("petcam_20260101-230000.mp4", (BEGAN + 1) * SECOND, film="finished"),
                    file("petcam_20260101-130000.mp4.part", (BEGAN + 1) * SECOND, film="growing"),
                    file("petcam_20251229-130000.mp4", (BEGAN + 1) * SECOND, film="finished"),
                    file("petcam_20251231-230000.mp4", (BEGAN + 1) * SECOND, 10),
                    file("petcam_20260102-030000.mp4", 0, 10),
                    file("petcam_19050101-000000.mp4", -(10**9) * SECOND, 10),
                    file("petcam_29991231-235959.mp4", 4 * 10**9 * SECOND, 10),
                ],
                "asks": [
                    {"page": ALL},
                    {"days": {}},
                    {"page": {**ALL, "first": "2026-01-01", "last": "2026-01-02"}},
                    {"page": ALL},
                ],
            }
            for zone in ("Asia/Tokyo", "America/Los_Angeles", "Asia/Kathmandu")
        ),
        {
            "name": "an empty folder",
            "zone": "UTC",
            "files": [],
            "asks": [{"page": ALL}, {"days": {}}, {"open": A}, {"delete": [A]}],
        },
        {
            "name": "no folder",
            "zone": "UTC",
            "asks": [{"page": ALL}, {"days": {}}, {"open": A}, {"pin": [A]}, {"boxes": [A, 0, 1]}],
        },
    ]


def cursors() -> Iterator[str]:
    yield from ("", "../\0", "x@1", f"{A}@", f"{A}@x", f"{A}@1@1", f"{A}@{'9' * 20}", f"{D}@{'9' * 19}", f"{D}@0", D)
    yield from (f"{D}@{at(4, 61.0625)}", f"{D}@{at(4, 62)}", "petcam_20260103-130000.mp4", "petcam_20260230-120000.mp4")
    yield from ("petcam_20260106-120000_cat.mp4", f"petcam_20260106-120000_cat-3.mp4@{at(6, 1)}", f"{A}@007")


def damaged(good: bytes) -> Iterator[bytes]:
    yield from (good[:cut] for cut in range(0, len(good), CUTS))
    yield from (good[:flip] + bytes([good[flip] ^ 0xFF]) + good[flip + 1 :] for flip in range(0, len(good), FLIPS))


@contextmanager
def in_zone(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def build(folder: Path, files: list[Case], contents: dict[str, bytes]) -> None:
    folder.mkdir()
    for each in files:
        path = folder / each["name"]
        if "link" in each:
            path.symlink_to(each["link"])
        elif each.get("folder"):
            path.mkdir()
        elif each.get("fifo"):
            os.mkfifo(path)
        else:
            path.write_bytes(contents[each["film"]] if "film" in each else bytes(each["size"]))
            os.utime(path, ns=(each["ended"], each["ended"]))


def answers(folder: Path, case: Case) -> list[object]:
    directory, reader = RecordingDirectory(str(folder)), RecordedBoxes()
    return [_answer(directory, reader, folder, ask) for ask in case["asks"]]


def _answer(directory: RecordingDirectory, reader: RecordedBoxes, folder: Path, ask: Case) -> object:
    ((what, asked),) = ask.items()
    if what == "names":
        return sorted(os.listdir(folder))
    if what in ("pin", "unpin", "delete"):
        change = {"pin": directory.pin_all, "unpin": directory.unpin_all, "delete": directory.delete_all}[what]
        return {name: _said(error) for name, error in change(asked).items()}
    try:
        if what == "page":
            page = directory.page(asked["limit"], asked.get("before", ""), _wanted(asked))
            rows = [_as_json(row) for row in page.recordings]
            return {"recordings": rows, "next": page.next, "total": page.totals.count, "used": page.totals.used}
        if what == "days":
            days, totals = directory.days(_wanted(asked))
            return {
                "days": [[day.day, day.count, day.pinned] for day in days],
                "total": totals.count,
                "used": totals.used,
            }
        if what == "open":
            with directory.open(asked) as opened:
                return len(opened.read())
        name, begin, end = asked
        with directory.reading(name) as opened:
            return _boxes(reader, opened.fileno(), begin, end)
    except PetcamError as error:
        return _said(error)


def _boxes(reader: RecordedBoxes, fd: int, begin: int, end: int) -> object:
    part = reader.read(fd, begin, end)
    return [part.width, part.height, part.frames, part.more]


def _wanted(asked: Case) -> Wanted:
    return Wanted(asked.get("first", ""), asked.get("last", ""), asked.get("pinned"), asked.get("kind", ""))


def _said(error: PetcamError) -> list[str]:
    return [error.code.value, error.message]


SIZE = 1000  # bytes of the film that parts are asked of, and when it was changed
CHANGED = 1_795_432_561_200_000_123
TAG = f'"{SIZE:x}-{CHANGED:x}"'
RANGES = (
    *("bytes=2-4", "bytes=7-", "bytes=-2", "bytes=-1000", "bytes=-1001", "bytes=0-0", "bytes=5-9999", "bytes=999-999"),
    *(
        "Bytes= 1-2 ",
        "bytes =1-2",
        " bytes=1-2",
        "bytes=1 - 2",
        "bytes=1-2,",
        "bytes=,1-2",
        "bytes=1-2,4-5",
        "lines=1-2",
    ),
    *("", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=1--2", "bytes=- 1", "bytes=a-b", "bytes=1-b", "bytes=4-2"),
    *(
        "bytes=1000-",
        "bytes=1000-1001",
        "bytes=-0",
        "bytes= -0",
        "bytes=-00",
        "bytes=00-01",
        "bytes=+1-2",
        "bytes=1_0-2",
    ),
    *("bytes=0-9223372036854775806", "bytes=0-9223372036854775807", "bytes=0-9223372036854775808"),
    *("bytes=99999999999999999999-", "bytes=-99999999999999999999", "bytes=99999999999999999999-99999999999999999998"),
    *(
        "bytes==1-2",
        "bytes=1-2=",
        "bytes 1-2",
        "bytes=1-2;4-5",
        "bytes=\t1-2\t",
        "bytes=0-" + "9" * 4300,
        "bytes=0-" + "9" * 4301,
    ),
)
TAGS = (
    *(
        TAG,
        f"W/{TAG}",
        f"w/{TAG}",
        TAG.strip('"'),
        f"W/{TAG}".replace('"', ""),
        "*",
        '"*"',
        "*, x",
        '"other"',
        '""',
        "",
        ",",
    ),
    *(
        f'"a", {TAG}',
        f'"a" {TAG}',
        f'"a" x, {TAG}',
        f'{TAG},"a',
        f'"a,{TAG}',
        f'x"y,{TAG}',
        f"a b,{TAG}",
        f"\t{TAG}\t,\t",
        "W/",
    ),
    *(f'"a",,{TAG}', f"W/ {TAG}", f'"{TAG}"', '"', "Sat, 28 Nov 2026 00:00:00 GMT"),
)
CAMERAS = ("", "Balkon", "Küche & Flur", " .a/b:*?. ", "猫の部屋", "\x1d\x85\u2003", "~_-.a", "a'b(c)%")


def videos() -> list[Case]:
    """Requests for a film: a method, headers, and what the camera is called."""
    methods = [("GET", {"Range": text}) for text in RANGES] + [
        ("HEAD", {"Range": "bytes=1-2"}),
        ("HEAD", {}),
        ("GET", {}),
    ]
    for header in ("If-None-Match", "If-Match", "If-Range"):
        methods += [("GET", {header: text, "Range": "bytes=1-2"}) for text in TAGS]
    methods += [("HEAD", {header: TAG}) for header in ("If-None-Match", "If-Match", "If-Range")]
    both = ("*", TAG, '"other"', "")
    methods += [("GET", {"If-None-Match": none, "If-Match": some}) for none in both for some in both]
    asked = [{"method": method, "headers": headers, "camera": ""} for method, headers in methods]
    return asked + [{"method": "GET", "headers": {}, "camera": camera} for camera in CAMERAS]


def of_video(folder: Path, asked: Case) -> list[object]:
    """Status, and the headers that say something of the film."""
    path = folder / "sent"
    if not path.exists():
        path.write_bytes(bytes(SIZE))
        os.utime(path, ns=(CHANGED, CHANGED))
    with (
        Flask("film").test_request_context(method=asked["method"], headers=asked["headers"]) as context,
        path.open("rb") as opened,
    ):
        try:
            response = _video_response(opened, A, Downloads(asked["camera"]))
        except RequestedRangeNotSatisfiable as error:
            return [416, dict(error.get_headers())["Content-Range"]]
        sent = dict(response.get_wsgi_headers(context.request.environ))
        said = ("Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Accept-Ranges", "ETag")
        return [response.status_code, *(sent.get(name, "") for name in said)]


def of_damaged(folder: Path, good: bytes) -> list[str]:
    """What is said of each damaged film: its row and its boxes, as text."""
    folder.mkdir()
    directory, said = RecordingDirectory(str(folder)), []
    for content in damaged(good):
        (folder / A).write_bytes(content)
        os.utime(folder / A, ns=(at(1, 2), at(1, 2)))
        (row,) = directory.page(1).recordings
        reader = RecordedBoxes()
        try:
            with directory.reading(A) as opened:
                found = _boxes(reader, opened.fileno(), 0, 10**9)
        except PetcamError as error:
            found = _said(error)
        wanted = [row.start.isoformat(), row.duration, row.frames, list(row.shape or ()), found]
        said.append(json.dumps(wanted, ensure_ascii=False, separators=(",", ":")))
    return said


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        made = films(top)
        contents = {name: base64.b64decode(text) for name, text in made.items()}
        known = cases()
        for number, case in enumerate(known):
            folder = top / str(number)
            if "files" in case:
                build(folder, case["files"], contents)
            with in_zone(case["zone"]):
                case["answers"] = answers(folder, case)
        asked = videos()
        films_sent = {"asks": asked, "answers": [of_video(top, each) for each in asked]}
        broken = {}
        for name in ("finished", "growing"):
            with in_zone("UTC"):
                said = of_damaged(top / name, contents[name])
            texts = sorted(set(said))
            broken[name] = {"texts": texts, "said": " ".join(str(texts.index(each)) for each in said)}
    about = (
        "docs/recordings.md: folders with recordings, and what petcam-web and petcam-streamer say of them; "
        "made by tests/unit/web/library_cases.py"
    )
    FILE.write_text(
        json.dumps(
            {
                "about": about,
                "cuts": CUTS,
                "flips": FLIPS,
                "films": made,
                "cases": known,
                "videos": films_sent,
                "damaged": broken,
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
