"""Every command that petcam prints for people is one that exists, and one that the package's tests type."""

from pathlib import Path

import pytest

from petcam import cli
from tests.package.remedies import ELSEWHERE, FOLDERS, OTHERS
from tests.printed_commands import TOP, commands, printed

PRINTED = printed()


def test_each_is_typed_in_a_machine():
    typed = {command for remedy in (*FOLDERS, *OTHERS) for command in remedy.commands}
    missing = {command: place for command, place in PRINTED.items() if command not in typed | set(ELSEWHERE)}
    assert not missing, "tests/package/remedies.py needs an entry for each"
    assert typed | set(ELSEWHERE) == set(PRINTED), "nothing prints these any more"


@pytest.mark.parametrize("command", [command for command in PRINTED if "petcam " in f"{command} "])
def test_each_of_petcams_own_is_one_that_it_knows(command):
    words = command.replace("{}", "/petcam_stream").split()
    if words[1] == "petcam":
        cli._parser().parse_args(words[2:])  # exits where it does not
    for unit in (word for word in words if words[1] == "systemctl" and word.startswith("petcam")):
        assert (TOP / "systemd" / (unit if "." in unit else f"{unit}.service")).exists()


def test_each_of_petcams_that_the_streamer_prints_is_one_that_it_names_where_it_is_alone():
    named = tuple(printed("streamer/internal/remedy/"))
    needed = [command for command in printed("streamer/", "templates/") if command.startswith("sudo petcam ")]
    assert [command for command in needed if not command.startswith(named)] == []


def test_what_only_root_may_is_printed_with_sudo():
    assert [command for command in PRINTED if not command.startswith("sudo ")] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("set it anew with sudo petcam password --viewer, or give it up", ["sudo petcam password --viewer"]),
        ("sudo chown a:b {}; sudo chmod 0750 {}", ["sudo chown a:b {}", "sudo chmod 0750 {}"]),
        ("missing: sudo apt install python3-av (in a checkout: pip install av)", ["sudo apt install python3-av"]),
        ("sudo rm {} で削除し、sudo petcam token add で作り直してください", ["sudo rm {}", "sudo petcam token add"]),
        ("sudo systemctl restart petcam.target makes it anew", ["sudo systemctl restart petcam.target"]),
        ("run it with sudo", []),
        ("petcam password", ["petcam password"]),
        ("petcam feed is for petcam", []),
    ],
)
def test_commands_are_found_in_prose(text, found):
    assert commands(text) == found


def test_the_places_it_looks_at_are_there():
    assert {Path(place).suffix for place in PRINTED.values()} >= {".py", ".go", ".json", ".md"}
