"""The board's time zone by its name, which the page writes its times in."""

import pytest

from petcam.system.time_zone import zone_name


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        (":/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("CET-1CEST", "CET-1CEST"),
        ("", "UTC"),
    ],
)
def test_the_environment_goes_before_the_machines_own(monkeypatch, tmp_path, chosen, name):
    monkeypatch.setenv("TZ", chosen)
    assert zone_name(tmp_path / "none") == name


@pytest.mark.parametrize("target", ["/usr/share/zoneinfo/Europe/Berlin", "../usr/share/zoneinfo/Europe/Berlin"])
def test_it_is_what_the_machines_link_leads_to(monkeypatch, tmp_path, target):
    monkeypatch.delenv("TZ", raising=False)
    (tmp_path / "localtime").symlink_to(target)
    assert zone_name(tmp_path / "localtime") == "Europe/Berlin"


def test_a_machine_without_a_zone_is_in_utc_and_a_copied_file_has_no_name(monkeypatch, tmp_path):
    monkeypatch.delenv("TZ", raising=False)
    assert zone_name(tmp_path / "none") == "UTC"
    (tmp_path / "localtime").write_bytes(b"TZif")
    assert zone_name(tmp_path / "localtime") == ""
