from pathlib import Path

import pytest
import yaml

from petcam.shm.silence import silent_after_ns

CASES = yaml.safe_load((Path(__file__).parents[2] / "silence-cases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"silent after {case['silent_after']}")
def test_a_stream_is_silent_by_its_own_pace(case):
    assert silent_after_ns([ms * 1_000_000 for ms in case["published"]]) == case["silent_after"] * 1_000_000
