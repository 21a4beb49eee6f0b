"""petcam-web and petcam-streamer alone give the same answers, over the same state and the same recordings.

Each is asked all that follows on the same ports, after the other one has ended. Where they differ deliberately is in
docs/http-api.md, "Served by petcam-streamer alone".
"""

import itertools
import json
import os
import re
import shutil
import sys
from dataclasses import replace
from urllib.parse import quote

import pytest

from petcam.commands.web import build
from petcam.system.assets import assets_folder
from petcam.system.streamer_binary import find_streamer
from petcam.web.app import create_app
from petcam.web.live import live_page
from tests.integration.web.exchange import Request, ask, plain
from tests.left_out import is_left_out
from tests.real_services import OWNER, RECORDING, VIEWER, RealServices
from tests.unit.web.mp4_file import write_mp4
from tools.pages.bundle import bundle_of

pytestmark = [
    pytest.mark.timeout(400),  # thousands of requests, on a busy machine
    pytest.mark.skipif(find_streamer() is None, reason="petcam-streamer is not built: make setup"),
]

FILM, PINNED, VISIT = (f"petcam_20260{month}02-030405{kind}.mp4" for month, kind in ((1, ""), (2, ""), (3, "~visit")))
PARAMETERS = {
    "<name>": RECORDING,
    "<path:filename>": "petcam.css",
    "<event>": "1795432561",
    "<day>": "2026-11-27",
    "<token>": "bXV0ZQ.aSmFpw.forged",
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH")
PEOPLE = ("owner", "viewer", "nobody", "program", "forged")
BROWSERS = (
    {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "ja", "Accept-Encoding": "gzip, deflate, br"},
    {"Accept": "*/*", "Accept-Language": "en-GB,en;q=0.8", "Accept-Encoding": "identity"},
)
# These end sessions, delete or count guesses: they are asked in order, behind the others.
CHANGES = {"/logout", "/login", "/setup", "/account/logout-everywhere", "/account/viewer/remove"}
OF_ANY_LENGTH = ("/", "//", "/api/go/health", "/api/webrtc/config")
RANGES = (
    "bytes=0-0",
    "bytes=4-11",
    "bytes=-5",
    "bytes=10-",
    "bytes=999999-",
    "bytes=-0",
    "bytes=4-2",
    "bytes=0-1,4-5",
    "x",
)
BODIES = (b"", b"{}", b"[]", b"null", b"\xff", b'{"names": []}', b'{"on": 1}', b'{"filename": {"a": []}}', b"x" * 5000)
QUERIES = {
    "/api/recordings": (
        *("limit=1", "limit=0", "limit=x", "limit=1001", "before=nothing", f"before={FILM}", f"before={FILM}@1"),
        *("day=2026-01-02", "day=2026-13-02", "from=2026-01-03", "to=2026-01-03", "from=2026-02-01&to=2026-01-01"),
        *("kept=yes", "kept=no", "kept=x", "kind=hand", "kind=visit", "kind=always", "kind=x", "limit=1&limit=2"),
    ),
    "/api/recordings/days": ("kept=yes", "kind=visit", "day=2026-01-02", "from=x"),
    f"/api/recordings/{FILM}/boxes": (
        "from=0&to=0.1",
        "from=0.1",
        "from=-1",
        "from=x",
        "to=0",
        "from=1000001",
        "from=nan",
    ),
    f"/api/recordings/{FILM}": ("download", "download=1", "x"),
    "/api/past.mp4": ("from=0", "from=10", "from=601", "for=0", "viewer=a%20b", "from=10&for=20&viewer=a-1"),
    "/login": ("next=/account", "next=//evil.example", "next=/a%0d%0ab", "language=ja", "language=tlh"),
    "/": ("language=en", "language=ja", "x"),
    "/setup": ("next=/recordings",),
}
ODD_PATHS = (
    *("/nothing", "//", "/login/", "/api/nothing", "/api//recordings", "/recordings/", "/api/recordings/", "/static/"),
    *("/static/../petcam.yaml", "/static/none.css", "/api/recordings/..%2Fpetcam.yaml", "/%ff", "/api/recordings/%00"),
    *(f"/api/recordings/{quote('日本.mp4')}", "/api/recordings/petcam_20260101-000000.mp4/", "/favicon.ico"),
    *(
        "/api/events/x",
        "/api/days/x",
        "/visits/x",
        "/static/petcam.css?x",
        "/api/recordings/petcam_19990101-000000.mp4",
    ),
)


@pytest.fixture(scope="module")
def petcam(tmp_path_factory):
    """The services, and whose headers are whose; nothing runs. As Go, Python has no decoder and draws no QR code."""
    with RealServices(tmp_path_factory.mktemp("petcam"), server="python") as services:
        without = tmp_path_factory.mktemp("without") / "sitecustomize.py"
        without.write_text("import sys\n\nsys.modules.update(av=None, segno=None)\n")
        services.environment["PYTHONPATH"] = os.pathsep.join([str(without.parent), *sys.path])
        services.recordings.joinpath("link.mp4").symlink_to("/etc/hostname")
        boxes = [(3000 * n, json.dumps([["cat", 0.9, 1, 2, 3, 4]]).encode()) for n in range(5)]
        for number, name in enumerate((FILM, PINNED, VISIT)):
            write_mp4(
                services.recordings / name, 10, created=1_767_323_045 + number, boxes=boxes if number == 0 else None
            )
            os.utime(services.recordings / name, (1_767_323_050 + number, 1_767_323_050 + number))
        os.utime(services.recordings / RECORDING, (1_767_000_000, 1_767_000_000))
        services.start("web", "streamer")
        people = {name: {"Cookie": services.log_in(OWNER)} for name in ("owner", "other owner", "third owner")}
        people |= {name: {"Cookie": services.log_in(VIEWER)} for name in ("viewer", "other viewer")}
        token, _, signature = people["owner"]["Cookie"].rpartition(".")
        people |= {"nobody": {}, "forged": {"Cookie": f"{token}.{signature[::-1]}"}}
        people |= {"program": {"Authorization": f"Bearer {services.token('add', 'program')}"}}
        answer = ask(services.port, Request("PUT", f"/api/recordings/{PINNED}/pin"), of_page(services, people["owner"]))
        assert answer.status == 204
        services.close()
        yield services, people


def of_page(services, credentials):
    return {**credentials, "Origin": services.url}


@pytest.fixture(scope="module")
def answers(petcam, tmp_path_factory):
    """``answers(requests)``: what each of the servers says to them, from the same beginning."""
    services, people = petcam
    kept = tmp_path_factory.mktemp("kept")
    for folder in (services.state, services.recordings):
        shutil.copytree(folder, kept / folder.name, symlinks=True)

    def ask_both(requests):
        found = []
        for server in ("python", "go"):
            for folder in (services.state, services.recordings):
                shutil.rmtree(folder)
                shutil.copytree(kept / folder.name, folder, symlinks=True)
            services.switch(server)
            services.start("web", "streamer")
            found.append([ask(services.port, request, people[request.who]) for request in requests])
            assert "Traceback" not in services.all_logs() and "panic" not in services.all_logs()
            services.close()
        return list(zip(requests, *found, strict=True))

    return ask_both


def expect_alike(answers):
    """But for what differs deliberately."""
    found = [f"{request}: {said}" for request, python, go in answers if (said := difference(request, python, go))]
    if found:
        pytest.fail("\n".join([f"{len(found)} of {len(answers)} differ", *found]), pytrace=False)


def difference(request, python, go):
    path = request.path.partition("?")[0]
    if is_left_out(path) and request.method != "OPTIONS" and not is_refused_before(path, python):
        return "" if says_what_is_needed(request, go) else f"not left out: {go}"
    if path in ("/", "//") and python.status == 200:  # whose text is another one: it has a test of its own
        python, go = (replace(each, body=b"") for each in (python, go))
    if path in OF_ANY_LENGTH:
        python, go = (replace(each, headers=without_length(each)) for each in (python, go))
    return python.differences(go)


def is_refused_before(path, python):
    """Whether petcam-web refuses who asks, or how, whatever is there."""
    leads_to_login = python.status == 302 and python.headers["location"].startswith("/login")
    return python.status in (401, 405, 421) or python.status == 403 and "/mute/" not in path or leads_to_login


def says_what_is_needed(request, go):
    if go.status != 501 or request.method == "HEAD":
        return go.status == 501
    if go.headers["content-type"] == "application/json":
        return json.loads(go.body)["reason"] == "Needs petcam-web"
    return b"petcam" in go.body


def without_length(answer):
    return {name: value for name, value in answer.headers.items() if name != "content-length"}


@pytest.fixture(scope="module")
def paths(petcam):
    services, _ = petcam
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STATE_DIRECTORY", str(services.state))
        found = {rule.rule for rule in create_app(build(services.config())).url_map.iter_rules()}
    for parameter, value in PARAMETERS.items():
        found = {path.replace(parameter, value) for path in found}
    assert not any("<" in path for path in found), "give the new parameter a value"
    return sorted(found)


def test_every_route_by_every_method_for_everybody(answers, paths):
    requests = [
        Request(method, path, who, browser)
        for path, method, who, browser in itertools.product(paths, METHODS, PEOPLE, BROWSERS)
        if is_harmless(method, path, who)
    ]
    assert len(requests) > 3000
    expect_alike(answers(requests))


def is_harmless(method, path, who):
    if path in ("/login", "/setup"):
        return method != "POST"
    return method in ("GET", "HEAD", "OPTIONS") or path not in CHANGES and not (method == "DELETE" and who == "owner")


def test_queries_ranges_conditions_bodies_and_odd_paths(answers, paths):
    film = f"/api/recordings/{FILM}"
    requests = [Request("GET", f"{path}?{query}", "owner") for path, queries in QUERIES.items() for query in queries]
    requests += [Request(method, film, "viewer", {"Range": each}) for each in RANGES for method in ("GET", "HEAD")]
    requests += [
        Request(method, path, who) for path in ODD_PATHS for method in ("GET", "POST") for who in ("owner", "nobody")
    ]
    requests += [
        Request(method, path, "owner", {"Content-Type": kind}, body)
        for path in paths
        for method in ("POST", "PUT")
        if path.startswith("/api/") and not is_left_out(path)
        for kind in ("application/json", "text/plain")
        for body in BODIES
    ]
    expect_alike(answers(requests))


def test_answers_are_told_apart_by_what_they_are_of(answers):
    """Their tags and times are the same, and so is what is said to who knows them."""
    paths = ("/static/petcam.css", f"/api/recordings/{FILM}", "/api/recordings/days", "/")
    first = answers([Request("GET", path, "owner") for path in paths])
    expect_alike(first)
    requests = []
    for request, python, _ in first:
        tag, changed = (
            python.headers.get("etag", '"x"'),
            python.headers.get("last-modified", "Tue, 24 Nov 2026 05:00:00 GMT"),
        )
        for condition in (
            *({"If-None-Match": value} for value in (tag, f"W/{tag}", f'"a", {tag}', "*", "x")),
            *({"If-Match": value} for value in (tag, f"W/{tag}", "*", '"x"')),
            *({"If-Modified-Since": value} for value in (changed, "Tue, 24 Nov 2037 05:00:00 GMT", "x")),
            *({"If-Unmodified-Since": value} for value in (changed, "Tue, 24 Nov 1998 05:00:00 GMT", "x")),
            *({"Range": "bytes=1-2", "If-Range": value} for value in (tag, f"W/{tag}", changed, '"x"')),
        ):
            requests += [Request(method, request.path, "owner", condition) for method in ("GET", "HEAD")]
    expect_alike(answers(requests))


def test_what_changes_something_changes_the_same(answers, petcam):
    """In order: each request is about what those before it have left."""
    services, _ = petcam
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": services.url}
    page = {"Content-Type": "application/json", "Origin": services.url}

    def submit(path, who="owner", **fields):
        body = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
        return Request("POST", path, who, {**form, "Accept": "text/html", "Accept-Language": "en"}, body.encode())

    names = json.dumps({"names": [FILM, VISIT, "petcam_19990101-000000.mp4", "../x", FILM]}).encode()
    requests = [
        *(Request("PUT", f"/api/{what}", "owner", page, b'{"on": false}') for what in ("camera", "sound")),
        *(Request("GET", path, "viewer") for path in ("/api/camera", "/", "/api/past.mp4", "/api/detections/stream")),
        *(Request("POST", f"/api/{what}", "owner", page, b"{}") for what in ("recording/start", "webrtc/offer")),
        Request("PUT", "/api/camera", "owner", page, b'{"on": true}'),
        *(Request("POST", f"/api/recordings/{what}", "owner", page, names) for what in ("pin", "unpin", "pin")),
        Request("DELETE", f"/api/recordings/{FILM}", "owner", page),
        Request("POST", "/api/recordings/unpin", "owner", page, names),
        Request("DELETE", f"/api/recordings/{FILM}", "owner", {"Origin": "http://evil.example"}),
        Request("DELETE", f"/api/recordings/{FILM}", "viewer", page),
        Request("DELETE", f"/api/recordings/{FILM}", "owner", page),
        Request("DELETE", f"/api/recordings/{FILM}", "owner", page),
        Request("POST", "/api/recordings/delete", "owner", page, names),
        Request("GET", "/api/recordings", "owner"),
        submit("/login", "nobody", password="not that"),
        submit("/login", "nobody", password=VIEWER, next="/recordings"),
        submit("/login", "nobody", password=OWNER, next="//evil.example"),
        submit("/account/password", current="not that", password="other words", again="other words"),
        submit("/account/password", current=OWNER, password="other words", again="others"),
        submit("/account/password", current=OWNER, password="short", again="short"),
        submit("/account/viewer", current=OWNER, password=OWNER, again=OWNER),
        submit("/logout", "other owner"),
        Request("GET", "/account", "other owner"),
        submit("/account/viewer/remove"),
        Request("GET", "/account", "viewer"),
        submit("/account/viewer", current=OWNER, password="words of guests", again="words of guests"),
        submit("/account/password", current=OWNER, password="other words", again="other words"),
        Request("GET", "/account", "third owner"),
        submit("/account/logout-everywhere", "nobody"),
        submit("/setup", "nobody", password="the very first", again="the very first"),
    ]
    expect_alike(answers(requests))


def test_all_static_files_are_the_same_at_their_addresses(answers):
    names = [entry["name"] for entry in bundle_of(assets_folder()).index["static"]]
    assert len(names) > 100
    ((_, python, go),) = answers([Request("GET", "/", "owner", BROWSERS[1])])
    version = re.search(rb'/static/([^/"]+)/', python.body)[1].decode()
    assert f"/static/{version}/".encode() in go.body
    requests = [
        Request(method, f"/static/{folder}{name}", "nobody", {"Accept-Encoding": encoding})
        for name in names
        for folder in (f"{version}/", "")
        for method, encoding in (("GET", "gzip"), ("GET", "identity"), ("HEAD", "gzip"))
    ]
    requests += [Request("GET", f"/static/{'0' * len(version)}/petcam.css", "nobody")]
    found = answers(requests)
    assert {python.status for _, python, _ in found} == {200}
    expect_alike(found)


def test_the_live_page_is_what_the_template_says_of_a_streamer_alone(answers, petcam, monkeypatch):
    services, people = petcam
    requests = [Request("GET", "/", who, browser) for who in ("owner", "viewer") for browser in BROWSERS]
    found = answers(requests)
    monkeypatch.setenv("STATE_DIRECTORY", str(services.state))
    render = live_page.render_template
    monkeypatch.setattr(live_page, "render_template", lambda name, **values: render(name, **{**values, "alone": True}))
    client = create_app(build(services.config())).test_client(use_cookies=False)
    for request, _, go in found:
        asked = {**people[request.who], **request.headers, "Host": f"127.0.0.1:{services.port}"}
        wanted = client.get("/", headers=asked)
        headers = {name.lower(): value for name, value in wanted.headers}
        assert plain(request, wanted.status_code, headers, wanted.data).differences(go) == "", str(request)
