"""What ``tools/rooms`` reads out of small trees, and what it refuses. Each rule is seen kept and broken."""

import runpy
from pathlib import Path

import pytest

main = runpy.run_path(str(Path(__file__).parents[3] / "tools" / "rooms"))["main"]


@pytest.fixture
def rooms(tmp_path, capsys):
    """Writes a tree of ``{path: text}`` and runs the script on it: (exit code, what it printed)."""

    def run(command: str, tree: dict[str, str]) -> tuple[int, str]:
        for path, text in tree.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        try:
            status = main([command, str(tmp_path)])
        except SystemExit as end:
            return 1, str(end)
        return status, "".join(capsys.readouterr())

    return run


PYTHON = {
    "petcam/errors.py": "",
    "petcam/web/__init__.py": "",
    "petcam/web/app.py": "from petcam.errors import PetcamError\nfrom petcam.web import http, login\n",
    "petcam/web/http/__init__.py": "from petcam.web.http.server import Server\n",
    "petcam/web/http/server.py": "import socket\n",
    "petcam/web/login/__init__.py": "from petcam.web.login import cookie as _cookie\n",
    "petcam/web/login/cookie.py": "def sign():\n    from petcam.web.http import Server\n",
    "tools/rooms.txt": """
# A comment.
[petcam]
errors:  # a leaf
!web/http:
!web/login: web/http
web: errors web/http web/login
""",
}


def test_a_tree_that_keeps_its_table_passes_in_silence(rooms):
    assert rooms("check", PYTHON) == (0, "")


@pytest.mark.parametrize(
    ("file", "line", "target", "room"),
    [
        ("petcam/errors.py", "import petcam.web.app", "petcam/web/app.py", "web"),
        ("petcam/web/http/server.py", "from petcam.web.login import sign", "petcam/web/login/__init__.py", "web/login"),
        ("petcam/web/http/server.py", "from ..login import sign", "petcam/web/login/__init__.py", "web/login"),
        ("petcam/web/http/server.py", "from ... import errors", "petcam/errors.py", "errors"),
        ("petcam/web/http/server.py", "def f():\n    import petcam.errors", "petcam/errors.py", "errors"),
        ("petcam/web/http/server.py", "if TYPE_CHECKING:\n    import petcam.errors", "petcam/errors.py", "errors"),
        (
            "petcam/web/http/server.py",
            "import importlib\nimportlib.import_module('petcam.errors')",
            "petcam/errors.py",
            "errors",
        ),
    ],
)
def test_an_import_that_the_table_does_not_allow_is_refused_with_file_line_and_remedy(rooms, file, line, target, room):
    status, said = rooms("check", PYTHON | {file: line})
    at = line.count("\n") + 1
    assert status == 1
    assert f"{file}:{at}: imports {target}, and " in said
    assert f" may not import {room}: move it, or allow it in tools/rooms.txt" in said


def test_the_name_of_a_module_is_no_import_where_nothing_is_imported_by_name(rooms):
    assert rooms("check", PYTHON | {"petcam/web/http/server.py": "log = logging.getLogger('petcam.errors')\n"})[0] == 0


def test_a_closed_room_is_imported_by_its_front_only(rooms):
    past = PYTHON | {"petcam/web/app.py": PYTHON["petcam/web/app.py"] + "from petcam.web.http.server import Server\n"}
    status, said = rooms("check", past)
    assert status == 1
    assert said == (
        "petcam/web/app.py:3: imports petcam/web/http/server.py, which is inside the room web/http: "
        "import it from its front, __init__.py\n"
    )
    past["tools/rooms.txt"] = past["tools/rooms.txt"].replace("!web/http", "web/http")
    assert rooms("check", past) == (0, "")


def test_a_module_imported_from_the_package_that_holds_it_is_past_the_front_too(rooms):
    past = PYTHON | {"petcam/web/app.py": PYTHON["petcam/web/app.py"] + "from petcam.web.http import server\n"}
    assert "app.py:3: imports petcam/web/http/server.py, which is inside" in rooms("check", past)[1]


def test_a_room_that_the_table_does_not_list_is_refused_once_with_the_line_that_it_needs(rooms):
    live = {"petcam/web/live/__init__.py": "", "petcam/web/live/offers.py": "from petcam.errors import PetcamError"}
    assert rooms("check", PYTHON | live) == (
        1,
        "petcam/web/live/__init__.py: web/live is not in tools/rooms.txt: "
        "move it, or write under [petcam]: web/live: errors\n",
    )


def test_an_allowance_that_nothing_uses_is_refused(rooms):
    table = PYTHON["tools/rooms.txt"].replace("!web/http:", "!web/http: errors")
    assert rooms("check", PYTHON | {"tools/rooms.txt": table}) == (
        1,
        "tools/rooms.txt:5: web/http does not import errors any more: take it out\n",
    )


def test_a_line_for_a_room_that_is_gone_is_refused(rooms):
    assert rooms("check", PYTHON | {"tools/rooms.txt": PYTHON["tools/rooms.txt"] + "web/live:\n"}) == (
        1,
        "tools/rooms.txt:8: there is no room web/live any more: take the line out\n",
    )


@pytest.mark.parametrize("line", ["web/http", "errors:"])
def test_a_line_that_is_unreadable_or_there_twice_is_refused_by_its_number(rooms, line):
    status, said = rooms("check", PYTHON | {"tools/rooms.txt": PYTHON["tools/rooms.txt"] + line})
    assert (status, said[: said.index(" ")]) == (1, "tools/rooms.txt:8:")


def test_a_tree_without_a_table_is_refused(rooms):
    assert rooms("check", {"petcam/errors.py": ""})[0] == 1


def test_a_circle_of_rooms_is_refused_even_where_the_table_allows_it(rooms):
    status, said = rooms(
        "check",
        PYTHON
        | {
            "petcam/web/http/server.py": "from petcam.web.login import sign\n",
            "tools/rooms.txt": PYTHON["tools/rooms.txt"].replace("!web/http:", "!web/http: web/login"),
        },
    )
    assert status == 1
    assert (
        "petcam/web/http/server.py:1: imports petcam/web/login/__init__.py, "
        "in a circle of rooms (web/http, web/login): move one of them\n"
    ) in said
    assert "petcam/web/login/cookie.py:2: imports petcam/web/http/__init__.py, in a circle of rooms" in said


def test_a_circle_of_modules_in_one_room_is_refused(rooms):
    status, said = rooms("check", PYTHON | {"petcam/web/http/server.py": "from petcam.web.http import Server\n"})
    assert status == 1
    assert [line.partition(", ")[2] for line in said.splitlines()] == [
        "in a circle of modules (petcam/web/http/__init__.py, petcam/web/http/server.py): move one of them"
    ] * 2


GO = {
    "streamer/go.mod": "module petcam/streamer\n\ngo 1.24\n",
    "streamer/main.go": 'package main\n\nimport "petcam/streamer/internal/rtc"\n',
    "streamer/internal/rtc/server.go": (
        'package rtc\n\nimport (\n\t"net"\n\n\tframe "petcam/streamer/internal/h264"\n)\n'
    ),
    "streamer/internal/h264/nal.go": 'package h264\n\nvar text = `\n\t"petcam/streamer/internal/rtc"\n`\n',
    "streamer/internal/h264/nal_test.go": 'package h264\n\nimport "petcam/streamer/internal/rtc/rtctest"\n',
    "streamer/internal/rtc/rtctest/viewer.go": 'package rtctest\n\nimport "petcam/streamer/internal/rtc"\n',
    "streamer/cmd/viewers/main.go": 'package main\n\nimport "petcam/streamer/internal/rtc/rtctest"\n',
    "tools/rooms.txt": "[streamer]\nh264:\nrtc: h264\n.: rtc\n",
}


def test_go_is_read_by_its_import_blocks_and_its_tests_are_left_out(rooms):
    assert rooms("check", GO) == (0, "")


def test_a_go_import_that_the_table_does_not_allow_is_refused(rooms):
    status, said = rooms("check", GO | {"tools/rooms.txt": "[streamer]\nh264:\nrtc:\n.: rtc\n"})
    assert (status, said) == (
        1,
        "streamer/internal/rtc/server.go:6: imports streamer/internal/h264, and rtc may not import h264: "
        "move it, or allow it in tools/rooms.txt\n",
    )


def test_only_python_has_fronts(rooms):
    assert "take the ! out" in rooms("check", GO | {"tools/rooms.txt": "[streamer]\n!h264:\nrtc: h264\n.: rtc\n"})[1]


BROWSER = {
    "static/live/entry.js": 'import("./main.js").catch(() => {});\n',
    "static/live/main.js": 'import {\n  fetchJSON,\n} from "../lib/http.js";\nimport "./overlay.js";\n',
    "static/live/overlay.js": (
        '/** @typedef {import("./main.js").Main} Main */\n// import("./main.js")\nexport const a = "./main.js";\n'
    ),
    "static/lib/http.js": "export async function fetchJSON() {}\n",
    "tools/rooms.txt": "[static]\nlib:\nlive: lib\n",
}


def test_browser_modules_are_read_without_their_comments(rooms):
    assert rooms("check", BROWSER) == (0, "")


@pytest.mark.parametrize(
    "line",
    ['import { a } from "../live/main.js";', 'export * from "../live/main.js";', 'await import("../live/main.js")'],
)
def test_a_browser_module_that_imports_upward_is_refused(rooms, line):
    status, said = rooms("check", BROWSER | {"static/lib/http.js": f"\n{line}\n"})
    assert status == 1
    assert (
        "static/lib/http.js:2: imports static/live/main.js, and lib may not import live: move it, or allow it" in said
    )
    assert "in a circle of rooms (lib, live)" in said


def test_a_dynamic_import_closes_a_circle_of_browser_modules(rooms):
    status, said = rooms("check", BROWSER | {"static/live/overlay.js": 'import { call } from "./entry.js";\n'})
    assert status == 1
    assert "static/live/entry.js:1: imports static/live/main.js, in a circle of modules (static/live/entry.js, " in said


def test_it_counts_files_arrows_floors_circles_and_what_goes_past_a_front(rooms):
    tree = (
        PYTHON | GO | BROWSER | {"petcam/web/app.py": PYTHON["petcam/web/app.py"] + "import petcam.web.http.server\n"}
    )
    status, said = rooms("count", tree)
    rows = {words[0]: words[1:] for words in map(str.split, said.splitlines()[2:])}
    assert status == 0
    # Files; arrows, floors and circles of modules; rooms and theirs; past a front; locators.
    assert rows == {
        "petcam/web": ["6", "6", "5", "0", "3", "3", "3", "0", "1", "0"],
        "petcam": ["7", "7", "5", "0", "4", "4", "3", "0", "1", "0"],
        "streamer": ["3", "2", "3", "0", "3", "2", "3", "0", "0", "0"],
        "static": ["4", "3", "3", "0", "2", "1", "2", "0", "0", "0"],
    }


def test_it_names_circles_and_the_module_that_all_others_are_tied_through(rooms):
    leaves = {f"petcam/web/leaf{n}.py": "" for n in range(12)}
    users = {f"petcam/web/user{n}.py": "from petcam.web.services import services" for n in range(12)}
    services = "from petcam.web import " + ", ".join(f"leaf{n}" for n in range(12))
    circle = {"petcam/a.py": "from petcam import b", "petcam/b.py": "import petcam.a"}
    tree = leaves | users | circle | {"petcam/__init__.py": "", "petcam/web/services.py": services}
    notes = rooms("count", tree)[1].splitlines()[-3:]
    assert notes == [
        "locator: petcam/web/services.py: knows 12, known by 12",
        "circle of modules: petcam/a.py, petcam/b.py",
        "circle of rooms in petcam: a, b",
    ]
    assert "locator: " not in rooms("count", tree | {"petcam/web/user0.py": ""})[1]
