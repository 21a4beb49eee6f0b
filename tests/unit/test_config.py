"""petcam.yaml means to Python what ``tests/config-cases.yaml`` says; the Go test runs the same cases."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from petcam import config
from petcam.errors import Code, PetcamError

TOP = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = yaml.safe_load((TOP / "tests" / "config-cases.yaml").read_text(encoding="utf-8"))


def value(loaded: config.Config, key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(loaded, section), name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_means_what_the_cases_say(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(PetcamError) as raised:
            config.parse(case["yaml"], "petcam.yaml")
        assert raised.value.code is Code.BAD_CONFIG
        assert case["error"] in raised.value.message
        assert "\n" not in raised.value.message
        return
    loaded, warnings = config.parse(case["yaml"], "petcam.yaml")
    assert warnings == case.get("warnings", [])
    expected = case.get("expect", {})
    assert {key: value(loaded, key) for key in expected} == expected


def test_the_documented_file_is_the_defaults() -> None:
    assert config.load(TOP / "etc" / "petcam.yaml") == (config.Config(), [])


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


@pytest.mark.parametrize("text", ["web: {port: !!bool maybe}", "web: {port: !!timestamp a}", "[" * 2000])
def test_what_yaml_cannot_make_sense_of_is_a_clear_error(text: str) -> None:
    with pytest.raises(PetcamError) as raised:
        config.parse(text, "petcam.yaml")
    assert raised.value.code is Code.BAD_CONFIG
