"""petcam.yaml means to Python what ``tests/config-cases.yaml`` says; the Go test runs the same cases."""

import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from petcam import config
from petcam.config import kinds
from petcam.errors import Code, PetcamError

TOP = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = yaml.safe_load((TOP / "tests" / "config-cases.yaml").read_text(encoding="utf-8"))

NOT_YAML = r"petcam\.yaml: (line \d+: )?is not YAML: .+"  # the rest in the library's own words


def value(loaded: config.Config, key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(loaded, section), name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_means_what_the_cases_say(case: dict[str, Any]) -> None:
    text = case["yaml"] * case.get("times", 1)
    if case.keys() & {"error", "not_yaml"}:
        with pytest.raises(PetcamError) as raised:
            config.parse(text, "petcam.yaml")
        assert raised.value.code is Code.BAD_CONFIG
        expected = re.escape(case["error"]) if "error" in case else NOT_YAML
        assert re.fullmatch(expected, raised.value.message), raised.value.message
        return
    loaded, warnings = config.parse(text, "petcam.yaml")
    assert warnings == case.get("warnings", [])
    mistakes = [number for number, warning in enumerate(warnings, 1) if isinstance(warning, config.Mistake)]
    assert mistakes == case.get("mistakes", [])
    expected = case.get("expect", {})
    assert {key: value(loaded, key) for key in expected} == expected


def declared() -> dict[str, tuple[str, str]]:
    """Of each key in Python: its default as the manual writes it, and what is allowed."""
    found = {}
    for section in fields(config.Config):
        defaults = getattr(config.Config(), section.name)
        for key in fields(defaults):
            default = getattr(defaults, key.name)
            default = f"[{', '.join(default)}]" if isinstance(default, list) else str(default) or "empty"
            found[f"{section.name}.{key.name}"] = default, key.metadata["kind"].words
    return found


def in_the_manual() -> dict[str, tuple[str, str]]:
    sections = re.split(
        r"^\.Ss (\w+)$", (TOP / "docs/man/petcam.yaml.5").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    entry = re.compile(r"^\.It Va (\w+) No \((.*?)\): (.*)$", re.MULTILINE)
    return {
        f"{section}.{key}": (default, allowed)
        for section, text in zip(sections[1::2], sections[2::2], strict=True)
        for key, default, allowed in entry.findall(text)
    }


def in_the_documented_file() -> dict[str, str]:
    """The comment above each key, or above its neighbour where several share one."""
    found, section, comment, fresh = {}, "", "", False
    for line in (TOP / "etc/petcam.yaml").read_text(encoding="utf-8").splitlines():
        if matched := re.match(r"(\w+):$", line):
            section = matched[1]
        elif matched := re.match(r"  # (.*)", line):
            comment, fresh = f"{comment} {matched[1]}" if fresh else matched[1], True
        elif matched := re.match(r"  (\w+): ", line):
            found[f"{section}.{matched[1]}"], fresh = comment, False
    return found


def test_the_manual_agrees_on_each_key_its_default_and_what_is_allowed() -> None:
    """The Go test holds the streamer's keys to the manual too."""
    assert in_the_manual() == declared()
    assert list(in_the_manual()) == list(declared())


def test_the_documented_file_has_each_key_with_its_default() -> None:
    assert list(in_the_documented_file()) == list(declared())
    assert config.load(TOP / "etc" / "petcam.yaml") == (config.Config(), [])


@pytest.mark.parametrize(("key", "comment"), in_the_documented_file().items())
def test_a_comment_in_the_documented_file_agrees_on_what_is_allowed(key: str, comment: str) -> None:
    _, allowed = declared()[key]
    for bounds in re.findall(r"\b\d+ to \d+\b", comment):
        assert allowed.endswith(f"number from {bounds}")
    if re.fullmatch(r"\S+( or \S+)+", allowed):  # words to choose from
        assert {word for word in allowed.split(" or ") if not re.search(rf"\b{word}\b", comment)} == set()


@pytest.mark.parametrize("text", ["on", "On", "yes", "YES", "true", "True"])
def test_a_choice_of_off_or_on_takes_the_words_of_switches(text: str) -> None:
    switch = kinds.choice("off", "on")
    assert switch.read(text) == "on"
    assert [switch.read(word) for word in ("off", "No", "FALSE", "none", "1", "")] == ["off"] * 3 + [None] * 3


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PetcamError) as raised:
        config.load(tmp_path / "absent.yaml")
    assert raised.value.message == (
        f"{tmp_path}/absent.yaml: cannot be read: No such file or directory; name another file with --config"
    )


def test_a_file_that_is_not_text_is_an_error_that_names_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "petcam.yaml"
    file.write_bytes(b"web: {host: caf\xe9}\n")
    with pytest.raises(PetcamError) as raised:
        config.load(file)
    assert raised.value.message == f"{file}: is not UTF-8 text (byte 15)"


def refusal(file: Path) -> str:
    with pytest.raises(PetcamError) as raised:
        config.load(file)
    assert raised.value.code is Code.BAD_CONFIG
    return raised.value.message


def test_nothing_but_a_file_is_waited_for_or_read(tmp_path: Path) -> None:
    """The Go test does the same."""
    fifo, folder, loop = tmp_path / "fifo", tmp_path / "folder", tmp_path / "loop"
    os.mkfifo(fifo)
    folder.mkdir()
    loop.symlink_to(loop)
    tail = "; name another file with --config"
    assert refusal(fifo) == f"{fifo}: cannot be read: Not a regular file{tail}"
    assert refusal(Path("/dev/zero")) == f"/dev/zero: cannot be read: Not a regular file{tail}"
    assert refusal(folder) == f"{folder}: cannot be read: Is a directory{tail}"
    assert refusal(loop) == f"{loop}: cannot be read: Too many levels of symbolic links{tail}"


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("web: {port: 81}\n", encoding="utf-8")
    (tmp_path / "link").symlink_to("file")
    assert config.load(tmp_path / "link")[0].web.port == 81


def test_of_a_file_without_end_only_the_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "petcam.yaml"
    file.touch()
    os.truncate(file, 1 << 40)  # takes no room on the disk; to read it would take hours
    assert refusal(file) == f"{file}: is over 64 KiB"


@pytest.mark.parametrize(
    "text", ["[" * 60_000, "{a: " * 16_000, "- " * 32_000, "? " * 32_000, "".join(" " * n + "a:\n" for n in range(300))]
)
def test_deep_nesting_is_refused_and_not_followed(text: str) -> None:
    with pytest.raises(PetcamError, match="is nested more than 20 levels deep"):
        config.parse(text, "petcam.yaml")


@pytest.mark.parametrize(
    "text", ["web: {port: !!timestamp a}", "[" * 2000, "{a: " * 2000, 'a: "\\Uffffffff"', "- " * 2000]
)
def test_what_yaml_cannot_make_sense_of_is_a_clear_error(text: str) -> None:
    with pytest.raises(PetcamError) as raised:
        config.parse(text, "petcam.yaml")
    assert raised.value.code is Code.BAD_CONFIG
