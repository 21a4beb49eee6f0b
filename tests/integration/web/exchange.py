"""A request, and what of its answer is the same each time that it is asked."""

import gzip
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CHUNK = 65536
STREAMS = ("text/event-stream", "multipart/")
# Of the connection or the moment, not of the answer.
OF_THE_MOMENT = {"date", "server", "connection", "transfer-encoding", "keep-alive"}
VARIABLE = (
    (re.compile(rb'("token": ?)"[^"]+"'), rb'\1"TOKEN"'),
    (re.compile(rb"(petcam_session=)[^;]+"), rb"\1SESSION"),
    (re.compile(rb'("free":)\d+'), rb'\1"FREE"'),
    (re.compile(rb'("since":)"[^"]+"'), rb'\1"TIME"'),
    (re.compile(rb'("uptime":)[0-9.e-]+'), rb'\1"UPTIME"'),
    (re.compile(rb"(Expires=)[^;]+"), rb"\1TIME"),
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    who: str = "nobody"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} by {self.who} {dict(self.headers) or ''} {self.body or ''}".strip()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes  # of what stays open, nothing

    def differences(self, other: "Answer") -> str:
        """What differs in ``other``, in words; empty: nothing."""
        found = [] if self.status == other.status else [f"{self.status} → {other.status}"]
        for name in sorted({*self.headers, *other.headers}):
            if self.headers.get(name) != other.headers.get(name):
                found.append(f"{name}: {self.headers.get(name)} → {other.headers.get(name)}")
        if self.body != other.body:
            at = next((i for i, (a, b) in enumerate(zip(self.body, other.body, strict=False)) if a != b), None)
            begin = max(0, (min(len(self.body), len(other.body)) if at is None else at) - 40)
            found.append(f"body from {begin}: {self.body[begin : begin + 160]!r} → {other.body[begin : begin + 160]!r}")
        return "; ".join(found)


def ask(port: int, request: Request, credentials: Mapping[str, str]) -> Answer:
    """``credentials`` are the headers of ``request.who``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(request.method, request.path, request.body, {**credentials, **request.headers})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in OF_THE_MOMENT}
        body = b"" if headers.get("content-type", "").startswith(STREAMS) else answer.read()
    except OSError as error:
        raise AssertionError(f"{request}: {error}") from error
    finally:
        connection.close()
    length = headers.get("content-length", "")
    assert request.method == "HEAD" or not length or int(length) == len(body), request
    return plain(request, answer.status, headers, body)


def plain(request: Request, status: int, headers: dict[str, str], body: bytes) -> Answer:
    """Without what is another one each time. What is compressed when the files are made is compared as it is sent."""
    is_built = request.path.startswith("/static/") and "manifest" not in request.path
    is_page = headers.get("content-encoding") == "gzip" and not is_built
    text = replaced(gzip.decompress(body) if is_page and body else body)
    if text != body or is_page:
        headers.pop("content-length", None)
    headers = {name: without_variables(value) for name, value in headers.items()}
    for name, separator in (("allow", ", "), ("set-cookie", "; ")):  # the order says nothing
        if name in headers:
            headers[name] = separator.join(sorted(headers[name].split(separator)))
    return Answer(status, headers, text)


def replaced(body: bytes) -> bytes:
    for pattern, instead in VARIABLE:
        body = pattern.sub(instead, body)
    return body


def without_variables(value: str) -> str:
    return replaced(value.encode("latin-1")).decode("latin-1")
