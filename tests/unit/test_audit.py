"""How ``make audit`` judges pip-audit's report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "audit-python"
GOOD = {"name": "flask", "version": "3.1.3", "vulns": []}
BAD = {"name": "numpy", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "av", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([GOOD], 0, "1 of 1 packages asked about"),
        ([GOOD, BAD], 1, "BAD: numpy 1.0: PYSEC-1; fixed in 1.1"),
        ([GOOD, SKIPPED], 2, "NOT ASKED: av (not found)"),
        ([BAD, SKIPPED], 1, "1 of 2 packages asked about"),
        ([], 2, "0 of 0 packages asked about"),
        (None, 2, "NOT ASKED: it gave no answer"),
    ],
)
def test_it_passes_only_if_every_package_was_asked_about(tmp_path, packages, status, words):
    file = tmp_path / "answer"
    file.write_text("" if packages is None else json.dumps({"dependencies": packages, "fixes": []}))
    ran = subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (status, "")
    assert words in ran.stdout
