"""What bash completes for ``petcam`` is what each command takes."""

import subprocess
from pathlib import Path

import pytest

from petcam import cli
from tests.command_lines import VALUE, Words, lines, options, parsers

SCRIPT = Path(__file__).parents[2] / "completion" / "petcam"
PARSERS = dict(parsers())
WITH_VALUE = [(words, name) for words, name in lines() if len(options(PARSERS[words])[name]) == 2]


def completed(*words: str) -> set[str]:
    """The last of the words is the one that is being typed."""
    script = f'source "{SCRIPT}"; COMP_WORDS=(petcam "$@"); COMP_CWORD=$#; _petcam; printf "%s\\n" "${{COMPREPLY[@]}}"'
    command = ["bash", "-c", script, "bash", *words]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("words", PARSERS, ids=" ".join)
def test_the_options_of_a_command_are_completed_and_no_other(words: Words) -> None:
    wanted = options(PARSERS[words]).keys()
    assert completed(*words, "--") == wanted
    assert completed("--config", VALUE, *words, "--config", VALUE, "--") == wanted


def test_what_stands_before_a_command_is_completed() -> None:
    assert completed("--") == {"--config", "--help", "--version"}
    assert completed("") == {"--config", "--help", "--version", *cli.COMMANDS}
    assert completed("check") == {"check-config"}


@pytest.mark.parametrize("name", ["token", "shm", "events"])
def test_the_actions_of_a_command_are_completed(name: str) -> None:
    actions = {words[1] for words in PARSERS if words[0] == name and len(words) == 2}
    assert completed(name, "") == {"--config", "--help", *actions}
    assert completed("--config", VALUE, name, "--config", VALUE, "") == {"--config", "--help", *actions}


@pytest.mark.parametrize(("words", "name"), WITH_VALUE, ids=str)
def test_what_an_option_takes_is_not_completed_by_options(words: Words, name: str) -> None:
    sources = {"demo", "rpicam", "rtsp://"} if name == "--source" else set()
    assert completed(*words, name, "") == sources
