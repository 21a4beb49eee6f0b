"""Where the viewer finds the streamer."""

from dataclasses import replace

import pytest

from petcam.config import Streamer, WebRTC
from petcam.web.app import create_app


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
def test_it_names_the_streamer_as_the_viewer_reaches_it(services, public_url, page, signaling_url):
    config = replace(services.config, streamer=Streamer(port=8181, public_url=public_url))
    client = create_app(replace(services, config=config)).test_client()
    answer = client.get("/api/webrtc/config", base_url=page)
    assert answer.get_json()["signaling_url"] == signaling_url
    if signaling_url.startswith("http"):
        origin = "/".join(signaling_url.split("/")[:3])
        assert f"connect-src 'self' {origin};" in answer.headers["Content-Security-Policy"]


def test_it_hands_the_ice_servers_on(services):
    config = replace(services.config, webrtc=WebRTC(ice_servers=["stun:stun.example.org:3478"]))
    client = create_app(replace(services, config=config)).test_client()
    assert client.get("/api/webrtc/config").get_json()["ice_servers"] == [{"urls": "stun:stun.example.org:3478"}]
