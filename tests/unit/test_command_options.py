"""Options of all commands: where they may stand, and that the manual has them."""

import re
from pathlib import Path
from typing import Any

import pytest

from petcam import cli
from tests.command_lines import Words, arguments, commands, lines, options

COMMANDS = commands()
LINES = [(words, name) for words, name in lines() if name not in ("--config", "--help")]
MANUAL = (Path(__file__).parents[2] / "docs/man/petcam.1").read_text(encoding="utf-8")


def parsed(*words: str) -> dict[str, Any]:
    return vars(cli._parser().parse_args(words))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", [("--config", "a.yaml"), ("--config=a.yaml",)], ids=" ".join)
def test_the_configuration_may_be_named_at_each_place_of_a_line(words: Words, option: Words) -> None:
    line = (*words, *arguments(COMMANDS[words]))
    wanted = {**parsed(*line), "config": Path("a.yaml")}
    for place in range(len(line) + 1):
        assert parsed(*line[:place], *option, *line[place:]) == wanted


@pytest.mark.parametrize(("words", "name"), LINES, ids=str)
def test_an_option_may_stand_before_and_after_what_its_command_is_given(words: Words, name: str) -> None:
    given, option = arguments(COMMANDS[words]), options(COMMANDS[words])[name]
    before = parsed(*words, *option, *given)
    assert before == parsed(*words, *given, *option) != parsed(*words, *given)


def in_the_manual() -> dict[str, set[str]]:
    """By command, in the lines that begin their description."""
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^\.It Cm (.*)$", MANUAL, re.MULTILINE):
        words = " ".join(re.split(r" (?:Oo|Op|Ar|Fl)\b", line)[0].split())
        found[words] = {f"--{name}" for name in re.findall(r"\bFl (?:Fl |-)([a-z-]+)", line)}
    return found


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_manual_has_each_option_of_a_command_and_no_other(words: Words) -> None:
    assert in_the_manual()[" ".join(words)] == options(COMMANDS[words]).keys() - {"--config", "--help"}
