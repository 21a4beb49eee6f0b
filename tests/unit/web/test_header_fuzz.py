"""Whatever a client sends in its headers, query and path, the answer is no 500."""

import io
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import create_environ, run_wsgi_app

from petcam.web.app import create_app
from petcam.web.http.channel import CONNECTION_KEY
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD

# Parts of headers at which parsers stumble.
NASTY = [
    *["http://[", "http://[::1", "http://]", "//[", "null", "://", "http://localhost:99999", "http://a@b@c", "[::1]:x"],
    *[
        "Basic w6k6w6k=",
        "Basic /////w==",
        "Basic é",
        "Basic",
        "Basic =",
        "Bearer",
        "Bearer  ",
        "Digest a=b",
        'Digest x="',
    ],
    *["bytes=", "bytes=-", "bytes=5-1", "bytes=0-" + "9" * 4400, "bytes=-" + "9" * 4400, "bytes=١-٢", "items=0-1"],
    *["petcam_session=a.b", "petcam_session=.", 'petcam_session="', "=;=;=", "a=" + "b" * 5000, "petcam_session=é.é"],
    *[
        "*",
        'W/"',
        '"',
        "W/",
        ",,,",
        ";q=",
        "ja;q=x",
        "en;q=1e999",
        "gzip;q=nan",
        "-",
        "%",
        "%00",
        "%ff",
        "\x7f",
        "\xff",
    ],
    *[
        "Thu, 99 Foo 0000 99:99:99 GMT",
        "1" * 5000,
        "-1",
        "0x1",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ],
    *[
        'text/html; charset="',
        "application/json; charset=utf-99",
        "a/b; =",
        "1.2.3.4, é",
        "999.1.1.1",
        "::ffff:1.2.3.4%eth0",
    ],
]
NASTY = [text.encode().decode("latin-1") for text in NASTY]  # as a server gives them
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map(", ".join),
)
HEADERS = [
    *["HOST", "ORIGIN", "SEC_FETCH_SITE", "AUTHORIZATION", "COOKIE", "RANGE", "IF_RANGE", "IF_NONE_MATCH", "IF_MATCH"],
    *["IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "USER_AGENT"],
    *["X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "X_PETCAM_TLS", "CACHE_CONTROL"],
]
FIELDS = st.dictionaries(st.sampled_from([f"HTTP_{name}" for name in HEADERS]), TEXT, max_size=4)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "before", "fps", "width", "boxes", "next", "done"]), TEXT, max_size=2
)
NAMES = st.one_of(TEXT, st.text(string.printable, max_size=20), st.just("petcam_20260101-000000.mp4"))
TYPES = st.one_of(st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]), TEXT)


@pytest.fixture(params=["stranger", "owner"])
def cookie(request, services_with_login, connection):
    """What the visitor sends as its cookie where the case has none."""
    if request.param == "stranger":
        return ""
    answer = make_client(services_with_login, connection).post("/login", data={"password": PASSWORD})
    return answer.headers["Set-Cookie"].partition(";")[0]


@pytest.fixture
def app(services_with_login):
    return create_app(services_with_login)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_header_query_or_path_makes_it_fail(app, connection, cookie, recordings, data):
    (recordings / "petcam_20260101-000000.mp4").write_bytes(b"0123456789")
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule != "/snapshot.jpg"]  # which waits for a picture
    method, path = data.draw(
        st.sampled_from([(method, rule.rule) for rule in rules for method in sorted(rule.methods)])
    )
    body = data.draw(st.binary(max_size=20))
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.replace("<path:filename>", "<name>").replace("<name>", data.draw(NAMES)),
        "QUERY_STRING": "&".join(f"{name}={value}" for name, value in data.draw(QUERIES).items()),
        "CONTENT_TYPE": data.draw(TYPES),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookie,
        CONNECTION_KEY: connection,
    }
    connection.has_left = True  # so that streams end
    try:
        _, status, _ = run_wsgi_app(app, {**create_environ(), **environ, **data.draw(FIELDS)}, buffered=True)
    finally:
        connection.has_left = False
    assert int(status.split()[0]) in {*range(200, 500), 501, 503}


@pytest.mark.parametrize(
    ("path", "method", "header", "value", "status"),
    [
        ("/login", "POST", "Origin", "http://[", 403),
        ("/login", "POST", "Origin", "null", 403),
        ("/stream.mjpg", "GET", "Authorization", "Basic /////w==", 401),
        ("/stream.mjpg", "GET", "Authorization", "Basic \xe9", 401),
        ("/recordings?limit=\x80", "GET", "Accept", "*/*", 400),
    ],
)
def test_what_once_made_it_fail_is_refused(anonymous, path, method, header, value, status):
    path, _, query = path.partition("?")
    answer = anonymous.open(path, method=method, headers={header: value}, environ_overrides={"QUERY_STRING": query})
    assert answer.status_code == status
