"""settings.json as in docs/state.md; the streamer's tests use the same file of cases."""

import json
from pathlib import Path

import pytest

from petcam.settings import DEFAULTS, SettingsFile

CASES = json.loads((Path(__file__).parents[1] / "settings-cases.json").read_text())


@pytest.mark.parametrize("mode", CASES["chosen"])
def test_the_mode_is_the_one_that_was_chosen(mode, tmp_path):
    for text in CASES["chosen"][mode]:
        (tmp_path / "settings.json").write_text(text)
        file = SettingsFile(tmp_path)
        assert file.read().recording_mode == (mode or None) and file.trouble() is None


@pytest.mark.parametrize("text", CASES["damaged"])
def test_a_damaged_file_chooses_none(text, tmp_path):
    (tmp_path / "settings.json").write_text(text)
    file = SettingsFile(tmp_path)
    assert file.read() == DEFAULTS and file.trouble() is not None
