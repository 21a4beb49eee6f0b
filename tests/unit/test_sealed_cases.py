"""Sealed files as in docs/state.md, "Reading"; the streamer's tests use the same file of cases."""

import json
from pathlib import Path

import pytest

from petcam.access import unsealed
from petcam.access.state_file import sealed

CASES = json.loads((Path(__file__).parents[1] / "sealed-cases.json").read_text())


@pytest.mark.parametrize("case", CASES["whole"])
def test_what_is_whole_is_read_and_its_canonical_form_is_what_its_checksum_is_of(case):
    document = unsealed(case["text"].encode())
    assert json.dumps({"version": 1, **document}, sort_keys=True) == case["canonical"]
    assert unsealed(sealed(document)) == document


@pytest.mark.parametrize("text", CASES["damaged"])
def test_what_is_not_wholly_as_it_was_sealed_is_not_taken(text):
    with pytest.raises(ValueError):
        unsealed(text.encode())


@pytest.mark.parametrize("text", CASES["older"])
def test_what_has_no_version_has_no_checksum(text):
    """petcam wrote it so before; the streamer reads no such file."""
    assert unsealed(text.encode()) == json.loads(text)
