"""Which addresses count as one device; a Go test asks ``streamer/internal/network`` the same."""

from pathlib import Path

import pytest
import yaml

from petcam.system.network import network_of

CASES = yaml.safe_load((Path(__file__).parents[1] / "network-cases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["address"])
def test_addresses_of_one_device_count_as_one_network(case: dict[str, str]) -> None:
    assert network_of(case["address"]) == case["network"]


def test_what_is_no_address_counts_as_it_is() -> None:
    assert network_of("") == ""
    assert network_of("unix:") == "unix:"
