"""The viewer's configuration: where it finds the streamer."""

import json
import re
from dataclasses import replace

import pytest

from petcam.config import Streamer, Web, WebRTC
from petcam.web.app import create_app
from petcam.web.http.hosts import Hosts


@pytest.mark.parametrize(
    ("public_url", "page", "signaling_url"),
    [
        ("", "http://192.0.2.5:8080", "http://192.0.2.5:8181/api/webrtc/offer"),
        ("", "http://petcam.local", "http://petcam.local:8181/api/webrtc/offer"),
        ("", "http://[fe80::1]:8080", "http://[fe80::1]:8181/api/webrtc/offer"),
        ("", "https://camera.example", "/api/webrtc/offer"),
        ("https://camera.example/streamer/", "https://x.example", "https://camera.example/streamer/api/webrtc/offer"),
    ],
)
def test_it_names_the_streamer_by_the_host_of_the_page(services, public_url, page, signaling_url):
    web = Web(hosts=["192.0.2.5", "fe80::1", "camera.example", "x.example"])
    config = replace(services.config, web=web, streamer=Streamer(port=8181, public_url=public_url))
    client = create_app(replace(services, config=config, hosts=Hosts(config, lambda: ["box"]))).test_client()
    answer = client.get("/api/webrtc/config", base_url=page)
    assert answer.get_json()["signaling_url"] == signaling_url
    if signaling_url.startswith("http"):
        origin = "/".join(signaling_url.split("/")[:3])
        assert f"connect-src 'self' {origin};" in answer.headers["Content-Security-Policy"]


def test_it_passes_on_the_ice_servers(services):
    config = replace(services.config, webrtc=WebRTC(ice_servers=["stun:stun.example.org:3478"]))
    client = create_app(replace(services, config=config)).test_client()
    assert client.get("/api/webrtc/config").get_json()["ice_servers"] == [{"urls": "stun:stun.example.org:3478"}]


def test_the_page_contains_the_viewer_configuration(services):
    config = replace(services.config, webrtc=WebRTC(ice_servers=["stun:a?</script>&'"]))
    client = create_app(replace(services, config=config)).test_client()
    page = client.get("/", base_url="http://petcam.local:8080").get_data(as_text=True)
    inlined = re.search('<script type="application/json" id="webrtc-config">(.*?)</script>', page)
    assert inlined
    assert json.loads(inlined[1]) == client.get("/api/webrtc/config", base_url="http://petcam.local:8080").get_json()


def test_it_passes_the_offer_on_with_its_token_and_the_host_of_the_page(client, streamer):
    page = "http://petcam.local:8080"
    client.post("/api/webrtc/offer", json={}, base_url=page, headers={"Authorization": "Bearer x"})
    passed = {"Authorization": "Bearer x", "Host": "petcam.local:8080", "X-Petcam-Viewer": "127.0.0.1"}
    assert streamer.headers == passed
    client.post("/api/webrtc/offer", json={}, base_url=page)
    assert "Authorization" not in streamer.headers


def test_it_tells_the_streamer_whose_offer_it_is_and_believes_no_viewer_about_that(client, streamer):
    lie = {"X-Petcam-Viewer": "198.51.100.1", "X-Forwarded-For": "198.51.100.1"}
    client.post("/api/webrtc/offer", json={}, headers=lie, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert streamer.headers["X-Petcam-Viewer"] == "192.0.2.7"
