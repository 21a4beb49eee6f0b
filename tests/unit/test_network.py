"""Which addresses count as one device; a Go test asks ``streamer/internal/network`` the same."""

import errno
import socket
from pathlib import Path

import pytest
import yaml

from petcam.system import network
from petcam.system.network import network_of

CASES = yaml.safe_load((Path(__file__).parents[1] / "network-cases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["address"])
def test_addresses_of_one_device_count_as_one_network(case: dict[str, str]) -> None:
    assert network_of(case["address"]) == case["network"]


def test_what_is_no_address_counts_as_it_is() -> None:
    assert network_of("") == ""
    assert network_of("unix:") == "unix:"


def test_on_a_network_without_a_router_its_address_is_that_of_an_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unrouted(socket.socket):
        def connect(self, _: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(network.socket, "socket", Unrouted)
    found = network.lan_address()
    assert network.is_own_address(found)
    monkeypatch.setattr(network, "INTERFACES", "/nowhere")
    assert network.lan_address() == "127.0.0.1"
