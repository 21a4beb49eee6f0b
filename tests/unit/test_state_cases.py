"""State files, cookies and hashes as in docs/state.md; the streamer's tests use the same file of cases.

What each case gives is what the code here made of it: ``python -m tests.unit.test_state_cases`` writes that anew.
"""

import json
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from petcam.access import (
    FirstHour,
    Role,
    SecretKey,
    StateFile,
    ViewingTokens,
    first_hour,
    keys,
    password_file,
    place,
    viewing_tokens,
)
from petcam.errors import PetcamError
from petcam.system.mounts import innermost
from petcam.web.login import sessions as sessions_module
from petcam.web.login.cookie import Cookie
from petcam.web.login.sessions import Sessions
from petcam.web.login.throttle import Throttle

FILE = Path(__file__).parents[1] / "state-cases.json"
CASES = json.loads(FILE.read_text())
BOOT, NOW_MS, WALL_TIME = "boot-1", 10_000_000_000, 1_800_000_000.5
PARSERS: dict[str, Any] = {
    "owner.json": (password_file.OWNERS, password_file._parse),
    "viewer.json": (password_file.VIEWERS, password_file._parse),
    "first_visit.json": (first_hour.KIND, first_hour._parse),
    "sessions.json": (
        sessions_module.KIND,
        partial(sessions_module._parse, boot=BOOT, now=NOW_MS, wall_time=WALL_TIME),
    ),
    "viewing_tokens.json": (viewing_tokens.KIND, viewing_tokens._parse),
    "session.key": (keys.KINDS["session.key"], keys._long_enough),
    "token.key": (keys.KINDS["token.key"], keys._long_enough),
    ".petcam-place": (place.KIND, place._text),
}


def content_of(case: dict[str, Any]) -> bytes:
    text = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
    return text + b" " * case.get("spaces", 0)


def read(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the file gives, or why it gives nothing, its words and command."""
    kind, parse = PARSERS[case["file"]]
    (folder / kind.name).write_bytes(content_of(case))
    try:
        found = StateFile(folder, kind).read(parse)
    except PetcamError as error:
        message = error.message.replace(str(folder), "FOLDER")
        return {"message": message, "key": error.key, "command": error.values["command"]}
    return {"gives": shown(found)}


def shown(found: Any) -> Any:
    if isinstance(found, (bytes, bytearray)):
        return found.hex()
    if isinstance(found, list):
        return [shown(each) for each in found]
    if isinstance(found, str):
        return found
    return [each.value if isinstance(each, Role) else each for each in astuple(found)]


def begin_hour(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is in the file after the hour's begin and after each mark, and whether it is open then."""
    now, file = [case["now_ms"]], folder / "first_visit.json"
    if case["text"] is not None:
        file.write_text(case["text"])
    hour = FirstHour(folder, case["boot"], lambda: now[0])
    hour.begin()
    steps = [[hour.is_open(), file.read_text()]]
    for moment in case["marks"]:
        now[0] = moment
        hour.mark()
        steps.append([hour.is_open(), file.read_text()])
    return {"steps": steps}


def save_sessions(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a service that read the file writes later."""
    now, file = [case["now_ms"]], folder / "sessions.json"
    file.write_text(case["text"])
    sessions = Sessions(folder, lambda role: "", case["boot"], lambda: now[0], lambda: case["wall_time"])
    now[0] = case["later_ms"]
    sessions.save()
    return {"written": file.read_text()}


def write_tokens(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is in the file once the same tokens were written anew."""
    tokens = ViewingTokens(folder)
    tokens.path.write_text(case["text"])
    tokens._write(tokens.all())
    return {"written": tokens.path.read_text()}


def make_cookie(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    answer = Response()
    with request_of(case):
        Cookie(SecretKey(bytes.fromhex(case["secret"]))).set_on(
            answer, case["token"], Role(case["role"]), case["generation"]
        )
    pair, *attributes = answer.headers["Set-Cookie"].split("; ")
    return {"pair": pair, "attributes": sorted(each for each in attributes if not each.startswith("Expires="))}


def read_cookie(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    with request_of(case):
        found = Cookie(SecretKey(bytes.fromhex(case["secret"]))).read()
    return {"token": found.token, "role": found.role.value if found.role else "", "mark": found.mark}


def request_of(case: dict[str, Any]) -> Any:
    url = "https://pet.local/" if case["secure"] else "http://pet.local/"
    headers = {"Cookie": case["cookie"]} if "cookie" in case else {}
    return Flask("test").test_request_context("/", base_url=url + case["root"].strip("/"), headers=headers)


def hash_password(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    password = bytes.fromhex(case["password"]).decode("utf-8", "surrogatepass")
    return {"hash": password_file._hash(password, bytes.fromhex(case["salt"])).hex()}


def find_mount(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    found = innermost(Path(case["path"]), case["mountinfo"])
    return {"point": str(found.point), "kind": found.kind}


def throttle(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The waits of each try; who may try at once is told later whether it was right."""
    now = [0.0]
    made = Throttle(lambda: now[0])
    waits = []
    for step in case["steps"]:
        now[0] = step["at"]
        if step["do"] == "begin":
            waits.append(round(made.begin(step["client"], step["unknown"]), 3))
        else:
            made.end(step["client"], step["correct"], step["unknown"], step["as_owner"])
    return {"waits": waits}


GROUPS = {
    "files": read,
    "hours": begin_hour,
    "saves": save_sessions,
    "tokens": write_tokens,
    "made_cookies": make_cookie,
    "read_cookies": read_cookie,
    "hashes": hash_password,
    "mounts": find_mount,
    "throttles": throttle,
}
ALL = [(group, case) for group in GROUPS for case in CASES[group]]


@pytest.mark.parametrize(("group", "case"), ALL, ids=[f"{group}: {case['about']}" for group, case in ALL])
def test_a_case_comes_out_as_the_file_says(group, case, tmp_path):
    assert GROUPS[group](case, tmp_path) == case["comes_to"]


def test_there_are_cases_of_every_file_both_whole_and_damaged():
    outcomes = {(case["file"], "gives" in case["comes_to"]) for case in CASES["files"]}
    assert outcomes == {(name, whole) for name in PARSERS for whole in (True, False)}


def main() -> None:
    """Write anew what each case comes to."""
    import tempfile

    for group, function in GROUPS.items():
        for case in CASES[group]:
            with tempfile.TemporaryDirectory() as folder:
                case["comes_to"] = function(case, Path(folder))
    groups = [f"{json.dumps(name)}: {_lines(CASES[name])}" for name in ("about", *GROUPS)]
    FILE.write_text("{" + ",\n".join(groups) + "}\n")


def _lines(cases: Any) -> str:
    """A line for each case."""
    if isinstance(cases, str):
        return json.dumps(cases)
    return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in cases) + "\n]"


if __name__ == "__main__":
    main()
