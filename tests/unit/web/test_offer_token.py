"""Offer tokens as in docs/http-api.md; the streamer's tests use the same file of examples."""

import base64
import hashlib
import hmac
import json
import stat
from pathlib import Path

import pytest

from petcam.access import secret_key
from petcam.system.boot_time import boottime_ms, read_boot_id
from petcam.web.signaling.offer_token import OfferTokens
from tests.unit.web.fakes import PASSWORD

EXAMPLES = json.loads((Path(__file__).parents[2] / "offer-tokens.json").read_text())


def payload_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("example", EXAMPLES["tokens"], ids=lambda example: payload_of(example["token"])["host"])
def test_it_signs_tokens_as_in_the_shared_examples(example):
    tokens = OfferTokens(bytes.fromhex(EXAMPLES["key_hex"]), EXAMPLES["boot_id"])
    assert tokens.sign(example["payload"]) == example["token"]


def test_a_token_contains_its_expiry_host_and_session():
    tokens = OfferTokens(bytes(32), "boot", lambda: 5_000)
    one, two = (payload_of(tokens.make("petcam.local", "s", 3.5)) for _ in range(2))
    assert {**one, "nonce": ""} == {
        "expires": 65_000,
        "host": "petcam.local",
        "session": "s",
        "until": 8_500,
        "nonce": "",
    }
    assert len(one["nonce"]) == 32 and one["nonce"] != two["nonce"]


def test_it_gives_the_page_a_token_for_its_host_and_session(anonymous):
    page = "http://[::1]:8080"
    anonymous.post("/login", data={"password": PASSWORD}, base_url=page)
    config = anonymous.get("/api/webrtc/config", base_url=page).get_json()
    payload = payload_of(config["token"])
    assert payload["host"] == "::1"
    assert boottime_ms() < payload["expires"] <= boottime_ms() + 60_000 < payload["until"]
    signed = b"petcam-offer-v1\nboot-1\n" + json.dumps(payload, separators=(",", ":")).encode()
    mac = base64.urlsafe_b64encode(hmac.new(bytes(32), signed, hashlib.sha256).digest()).rstrip(b"=").decode()
    assert config["token"].split(".")[2] == mac


def test_it_gives_no_token_where_there_is_no_login(client):
    assert "token" not in client.get("/api/webrtc/config").get_json()


def test_it_ends_the_streams_of_a_session_that_logs_out(owner, streamer):
    session = payload_of(owner.get("/api/webrtc/config").get_json()["token"])["session"]
    owner.post("/logout")
    assert streamer.asked[-1] == ("POST", "/sessions/end", json.dumps({"session": session}).encode())


def test_the_key_comes_from_systemd_or_is_made_once(tmp_path, monkeypatch):
    key = secret_key("token.key", tmp_path / "state").secret
    assert len(key) == 32
    assert secret_key("token.key", tmp_path / "state").secret == key
    assert stat.S_IMODE((tmp_path / "state" / "token.key").stat().st_mode) == 0o600
    (tmp_path / "token.key").write_bytes(b"k" * 40)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_key("token.key", tmp_path / "state").secret == b"k" * 40


def test_it_reads_the_boot_id_from_the_environment_where_proc_is_hidden(monkeypatch):
    monkeypatch.delenv("PETCAM_BOOT_ID", raising=False)
    assert len(read_boot_id()) == 36
    monkeypatch.setenv("PETCAM_BOOT_ID", "0f0e")
    assert read_boot_id() == "0f0e"
