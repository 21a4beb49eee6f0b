"""Requests for recordings, and their answers: tests/recording-cases.json, one in a line.

With ``PETCAM_WRITE_CASES=1`` in the environment test_recording_cases.py writes the file, with what Python says now;
whoever does so reads the difference.

The requests come one after another, for the folder ``MANY`` of library_cases.py, in UTC, where there is no login and no
PyAV. ``missing``: the disk of the recordings is not there, and the streamer says so in these words. Of an answer,
``headers`` are those of NAMES that it has; ``text`` is its body, of HTML nothing, of a film its SHA-256. What is free,
and what depends on the day, is left out.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petcam.streamer_client import Answer
from petcam.web.http import CONNECTION_KEY
from tests.unit.web.fakes import FakeConnection, FakeStreamer
from tests.unit.web.library_cases import ALWAYS, MANY, VISIT, A, B, C, Case, D, at

FILE = Path(__file__).parents[2] / "recording-cases.json"
CAMERA = "Küche & Flur"
NAMES = (
    *("Content-Type", "Content-Length", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "Allow"),
    *("Retry-After", "Cache-Control", "Vary"),
)
API = "/api/recordings"
MISSING = "its disk is missing: mount it"
HTML = {"Accept": "text/html", "Accept-Language": "en"}


def ask(method: str, path: str, body: str = "", missing: str = "", **sent: str) -> Case:
    asked: Case = {"method": method, "path": path}
    if sent:
        asked["sent"] = {name.replace("_", "-"): text for name, text in sent.items()}
    return asked | ({"body": body} if body else {}) | ({"missing": missing} if missing else {})


def asks() -> Iterator[Case]:
    yield from _lists()
    yield from _films()
    yield from _boxes()
    yield from _changes()


def _lists() -> Iterator[Case]:
    yield ask("GET", "/recordings")
    yield ask("HEAD", "/recordings")
    queries = (
        *("", "limit=3", "limit=0", "limit=1001", "limit=x", "limit=", "limit=2&limit=3", "limit=0&day=x", "limit=1e1"),
        *(f"limit=2&before={D}@{at(4, 61.0625)}", f"before={A}", "before=%00", "before=..%2Fx", "before=%E7%8C%AB"),
        *("day=2026-01-03", "day=2026-01-03&from=x", "day=", "day=2026-1-3", "day=2026-02-31", "day=2026-13-01"),
        *("from=2026-01-02&to=2026-01-04", "from=x", "to=x", "from=2026-01-06", "to=0001-01-01"),
        *("kept=yes", "kept=no", "kept=", "kept=maybe", "kept=yes&kept=no", "kind=visit", "kind=", "kind=all"),
        *("day=x&kept=maybe", "kept=maybe&kind=all&from=x", "kind=all&from=x", "kind=hand&kept=no&limit=1"),
    )
    for query in queries:
        yield ask("GET", f"{API}?{query}")
    for query in ("", "kept=yes", "kind=hand&to=2026-01-06", "from=2027-01-01", "day=x", "limit=x"):
        yield ask("GET", f"{API}/days?{query}")
    for header in ("If_None_Match", "If_Match"):
        for tag in ("*", '"other"', ""):
            yield ask("GET", f"{API}/days", **{header: tag})
    for path in (API, f"{API}/days", f"{API}?limit=x", f"{API}/days?day=x"):
        yield ask("GET", path, missing=MISSING)
        yield ask("GET", path, missing=MISSING, **HTML)
    for method, path in (("HEAD", API), ("HEAD", f"{API}/days"), ("OPTIONS", API), ("OPTIONS", f"{API}/days")):
        yield ask(method, path)
    for method, path in (
        ("POST", API),
        ("PUT", f"{API}/days"),
        ("DELETE", f"{API}/days"),
        ("GET", f"{API}/"),
        ("GET", f"{API}/pin"),
    ):
        yield ask(method, path)


def _films() -> Iterator[Case]:
    tag = f'"{2478:x}-{at(1, 0.1):x}"'
    for name in (A, B, C, D, ALWAYS, VISIT, *(each["name"] for each in MANY[9:])):
        yield ask("GET", f"{API}/{name}")
    for name in ("x", "..", "%2e%2e", "a%00b", "a%0Ab", "a%27b", "%E7%8C%AB", "x" * 61, "%ff"):
        yield ask("GET", f"{API}/{name}")
    yield ask("GET", f"{API}/x", **HTML)
    yield ask("GET", f"{API}/{A}", missing=MISSING)
    for query in ("download", "download=1", "download=&download", "Download", "a=download"):
        yield ask("GET", f"{API}/{A}?{query}")
    yield ask("HEAD", f"{API}/{A}?download")
    yield ask("HEAD", f"{API}/{A}", Range="bytes=1-2")
    for text in (
        "bytes=0-0",
        "bytes=7-",
        "bytes=-5",
        "bytes=0-9999",
        "bytes=2477-",
        "bytes=2478-",
        "bytes=-0",
        "bytes=1-2,4-5",
        "lines=1-2",
    ):
        yield ask("GET", f"{API}/{A}", Range=text)
    yield ask("GET", f"{API}/petcam_20260107-120000~visit.mp4", Range="bytes=0-")  # which is empty
    yield ask("GET", f"{API}/{A}", Range="bytes=2478-", **HTML)
    for header in ("If_None_Match", "If_Match", "If_Range"):
        for each in (tag, f"W/{tag}", "*", '"other"'):
            yield ask("GET", f"{API}/{A}", Range="bytes=1-2", **{header: each})
    yield ask("HEAD", f"{API}/{A}", If_None_Match=tag)
    yield ask("GET", f"{API}/{A}", Range="bytes=5000-", If_None_Match=tag)
    yield ask("OPTIONS", f"{API}/{A}")
    yield ask("POST", f"{API}/{A}")


def _boxes() -> Iterator[Case]:
    for name in (A, B, C, D, ALWAYS, VISIT, "petcam_20260109-120000.mp4", "x"):
        yield ask("GET", f"{API}/{name}/boxes")
    for query in (
        *("from=0.05", "to=0.05", "from=0.03334&to=0.05558", "from=1&to=0", "from=1000000", "to=1000000.1", "from=-1"),
        *("from=1e3", "from=", "to=x", "from=0.1234567890", "from=x&to=x", "from=000000000000000.5", "from=+1"),
    ):
        yield ask("GET", f"{API}/{A}/boxes?{query}")
    yield ask("GET", f"{API}/{A}/boxes", missing=MISSING)
    yield ask("HEAD", f"{API}/{A}/boxes")
    yield ask("DELETE", f"{API}/{A}/boxes")


def _changes() -> Iterator[Case]:
    bodies = (
        *("", "{}", "[]", "null", "x", '{"names":null}', '{"names":[]}', '{"names":"x"}', '{"names":[1]}'),
        *('{"names":["x",1]}', '{"names":{"a":1}}', '{"names":[null]}', json.dumps({"names": ["x"] * 500})),
        *(json.dumps({"names": ["x"] * 501}), json.dumps({"names": ["x" * 65_536]}), '\ufeff{"names":["x"]}'),
        *('{"names":["x","y\\u0000\\u732b","x"],"more":1}', '{"names":["a"],"names":["b"]}', '{"names":["x"]} x'),
    )
    for body in bodies:
        yield ask("POST", f"{API}/pin", body)
    for what in ("delete", "pin", "unpin"):
        yield ask("POST", f"{API}/{what}", json.dumps({"names": [A]}), missing=MISSING)
        yield ask("POST", f"{API}/{what}", "{}", missing=MISSING)
        yield ask("GET", f"{API}/{what}")
        yield ask("PUT", f"{API}/{what}")
    for method in ("PUT", "PUT", "DELETE", "DELETE"):
        yield ask(method, f"{API}/{B}/pin")
    for name in (C, VISIT, "petcam_20260109-120000.mp4", "petcam_20260108-120000.mp4", "x", "%E7%8C%AB"):
        yield ask("PUT", f"{API}/{name}/pin")
        yield ask("DELETE", f"{API}/{name}/pin")
        yield ask("DELETE", f"{API}/{name}")
    yield ask("DELETE", f"{API}/{A}")  # it is pinned
    yield ask("DELETE", f"{API}/{A}", **HTML)
    yield ask("GET", f"{API}/{A}/pin")
    yield ask("PUT", f"{API}/{B}/pin", missing=MISSING)
    yield ask("DELETE", f"{API}/{B}/pin", "x" * 5000)
    yield ask("POST", f"{API}/pin", json.dumps({"names": [A, B, C, D, VISIT, "x"]}))
    yield ask("GET", f"{API}?kept=yes")
    yield ask("POST", f"{API}/delete", json.dumps({"names": [B, C, ALWAYS, "petcam_20260108-120000.mp4"]}))
    yield ask("POST", f"{API}/unpin", json.dumps({"names": [B, A, ALWAYS, "y"]}))
    yield ask("DELETE", f"{API}/{A}")
    yield ask("DELETE", f"{API}/{A}")
    yield ask("POST", f"{API}/delete", json.dumps({"names": [A, B, D, VISIT, "petcam_20260107-120000~always.mp4"]}))
    yield ask("GET", API)
    yield ask("GET", f"{API}/days")


def said(answer: TestResponse) -> Case:
    headers = {name: answer.headers[name] for name in NAMES if name in answer.headers}
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    data = answer.get_data()[: answer.content_length]  # as the server sends it
    if answer.mimetype == "text/html":
        headers |= {"Content-Length": ""} if "Content-Length" in headers else {}
        return {"status": answer.status_code, "headers": headers}
    text = hashlib.sha256(data).hexdigest() if answer.mimetype == "video/mp4" and data else data.decode()
    if '"free":' in text or (answer.mimetype == "application/json" and not data):  # HEAD
        headers["Content-Length"] = ""
    if answer.request.path == f"{API}/days" and "ETag" in headers:
        headers["ETag"] = ""
    text = re.sub(r'"free":\d+', '"free":0', re.sub(r'"(today|version)":"[^"]*"', r'"\1":""', text))
    return {"status": answer.status_code, "headers": headers, **({"text": text} if text else {})}


def answers(app: Flask, streamer: FakeStreamer, asked: Iterable[Case]) -> Iterator[Case]:
    client = app.test_client()
    client.environ_base[CONNECTION_KEY] = FakeConnection()
    for each in asked:
        status = {"reason": "Disk not mounted", "error": each["missing"]} if "missing" in each else {"reason": ""}
        streamer.answer = Answer(200, json.dumps(status).encode())
        answer = _open(client, each)
        yield said(answer)
        answer.close()


def _open(client: FlaskClient, asked: Case) -> TestResponse:
    path, _, query = asked["path"].partition("?")
    environ = {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": "192.0.2.50",
    }
    headers, body = {"Host": "localhost", **asked.get("sent", {})}, asked.get("body", "").encode()
    return client.open("/", method=asked["method"], headers=headers, data=body or None, environ_overrides=environ)


def as_lines(asked: Iterable[Case], told: Iterable[Case]) -> str:
    cases = ({**each, "answer": answer} for each, answer in zip(asked, told, strict=True))
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
