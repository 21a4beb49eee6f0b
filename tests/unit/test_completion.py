"""What bash completes for ``petcam`` and ``petcam-streamer`` is what each command takes."""

import re
import subprocess
from pathlib import Path

import pytest

from petcam import cli
from tests.command_lines import VALUE, Words, lines, options, parsers

TOP = Path(__file__).parents[2]
PARSERS = dict(parsers())
WITH_VALUE = [(words, name) for words, name in lines() if len(options(PARSERS[words])[name]) == 2]


def completed(*words: str, program: str = "petcam") -> set[str]:
    """The last of the words is the one that is being typed."""
    call = f'COMP_WORDS=({program} "$@"); COMP_CWORD=$#; _{program.replace("-", "_")}'
    script = f'source "{TOP}/completion/{program}"; {call}; printf "%s\\n" "${{COMPREPLY[@]}}"'
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


def usages() -> dict[str, str]:
    """Of each command of petcam-streamer what its usage says behind its name, in Go's sources."""
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((TOP / "streamer").glob("*.go")))
    (listed,) = re.findall(r"func commandNames\(\) \[\]string \{ return \[\]string\{(.*?)\} \}", sources)
    said = dict(re.findall(r'usage: "petcam-streamer ([a-z-]+) (.*?)",', sources))
    return {name: said[name] for name in re.findall(r'"([a-z-]+)"', listed)}


def test_what_petcam_streamer_takes_is_completed() -> None:
    common, commands = {"--config", "--help"}, usages()
    assert completed("", program="petcam-streamer") == {*common, "--version", *commands}
    for name, usage in commands.items():
        shown = completed(name, "--", program="petcam-streamer") | completed(
            name, "add", "--", program="petcam-streamer"
        )
        assert shown == {*common, *re.findall(r"--[a-z]+", usage)}
        assert completed("--config", VALUE, name, "--config", "", program="petcam-streamer") == set()
    assert completed("token", "", program="petcam-streamer") == {*common, "add", "list", "revoke"}
