"""The names of this machine: what avahi says."""

import pytest

from petcam.system import hostname


@pytest.mark.parametrize(
    "script, name",
    [
        ("echo 's \"cam-2.local\"'", "cam-2.local"),
        ("echo 'Call failed: no such service' >&2; exit 1", ""),
        ("echo 's \"two words\"'", ""),
        ("", ""),
    ],
)
def test_the_name_on_the_network_is_the_one_that_avahi_says(monkeypatch, script, name):
    monkeypatch.setattr(hostname, "ASK_AVAHI", ("sh", "-c", script))
    assert hostname.mdns_name() == name


def test_without_a_program_to_ask_it_is_empty(monkeypatch):
    monkeypatch.setattr(hostname, "ASK_AVAHI", ("/nowhere/busctl",))
    assert hostname.mdns_name() == ""
