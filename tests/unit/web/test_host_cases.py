"""The page's answers to ``tests/host-cases.yaml``; a Go test does the same for the streamer and its certificate."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from petcam.config import Config, Streamer, Web, WebRTC
from petcam.system import hostname
from petcam.web.http.hosts import CACHE_SECONDS, Hosts

SHARED = yaml.safe_load((Path(__file__).parents[2] / "host-cases.yaml").read_text(encoding="utf-8"))
MACHINE: dict[str, Any] = SHARED["machine"]


@pytest.fixture(scope="module")
def hosts() -> Hosts:
    config = Config(
        web=Web(hosts=MACHINE["web_hosts"]),
        webrtc=WebRTC(extra_hosts=MACHINE["extra_hosts"]),
        streamer=Streamer(public_url=MACHINE["public_url"]),
    )
    return Hosts(config, lambda: [MACHINE["hostname"]])


@pytest.mark.parametrize("case", SHARED["cases"], ids=lambda case: case["host"] or "nothing")
def test_the_page_allows_the_hosts_of_the_shared_cases(hosts: Hosts, case: dict[str, Any]) -> None:
    assert hosts.allows(case["host"]) == (case["ours"] == "all" or "page" in case["ours"])


def test_the_docs_give_a_reason_where_page_and_streamer_differ() -> None:
    security = (Path(__file__).parents[3] / "docs/security.md").read_text(encoding="utf-8")
    for case in SHARED["cases"]:
        assert ("why" in case) == isinstance(case["ours"], list), case["host"]
        assert f"\n{case.get('why', 1)}. " in security


def test_a_public_url_with_an_invalid_host_allows_no_further_host() -> None:
    hosts = Hosts(Config(streamer=Streamer(public_url="http://[bad")), lambda: ["box"])
    assert not hosts.allows("bad")
    assert not hosts.allows("")
    assert hosts.allows("box")


def test_a_machine_that_is_renamed_is_known_by_its_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names, now = ["old"], [0.0]
    monkeypatch.setattr("petcam.web.http.hosts.time.monotonic", lambda: now[0])
    hosts = Hosts(Config(), lambda: names)
    assert hosts.allows("old") and not hosts.allows("new.lan")
    names[:] = ["new"]
    now[0] += CACHE_SECONDS
    assert hosts.allows("new") and hosts.allows("new.lan") and not hosts.allows("old")


def test_the_name_that_hostnamectl_wrote_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hostname, "NAME_FILE", tmp_path / "hostname")
    before = hostname.machine_names()
    (tmp_path / "hostname").write_text("renamed\n")
    assert hostname.machine_names() == (*before, "renamed")
    (tmp_path / "hostname").write_bytes(b"\xff\n")
    assert hostname.machine_names() == before
