"""``petcam sources``: what is printed for what was found, and where nothing was."""

from types import SimpleNamespace

import pytest

from petcam.commands import sources
from petcam.config import Config, parse
from petcam.discovery import Found


@pytest.fixture
def printed(monkeypatch, capsys):
    """What is printed where this is found; network is None where the machine is in none."""

    def run(devices=(), network=(), microphones=(), why="nothing is plugged in") -> str:
        networks = [] if network is None else [SimpleNamespace(interface="eth0", addresses="192.168.1.0/24")]
        monkeypatch.setattr(sources, "video_devices", lambda: (list(devices), "" if devices else why))
        monkeypatch.setattr(sources, "rpicam_cameras", lambda: ([], "no such program"))
        monkeypatch.setattr(sources, "microphones", lambda: (list(microphones), "" if microphones else "no sound"))
        monkeypatch.setattr(sources, "connected_networks", lambda: networks)
        monkeypatch.setattr(sources, "network_cameras", lambda asked: list(network or ()))
        assert sources.run(SimpleNamespace(config=None), Config()) == 0
        return capsys.readouterr().out

    return run


def test_each_has_its_line_that_the_configuration_takes(printed):
    camera = Found("Garden (192.168.1.20)", "rtsp://USER:PASSWORD@192.168.1.20/PATH", ("found by ONVIF",))
    shown = printed([Found("Webcam (/dev/video0)", "/dev/video0", ("MJPG: 640×480",))], [camera])
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith("source:")]
    assert lines == ["source: /dev/video0", "source: rtsp://USER:PASSWORD@192.168.1.20/PATH"]
    for line in lines:
        config, warnings = parse(f"camera:\n  {line}\n", "a test")
        assert config.camera.source == line.partition(" ")[2] and not warnings
    assert "MJPG: 640×480" in shown and "found by ONVIF" in shown
    assert "/etc/petcam/petcam.yaml" in shown


def test_where_nothing_is_found_it_says_why_for_each_kind(printed):
    shown = printed()
    assert "none: nothing is plugged in" in shown and "none: no such program" in shown and "none: no sound" in shown
    assert "nobody answered by ONVIF or mDNS" in shown and "source: rtsp://USER:PASSWORD@HOST/PATH" in shown


def test_without_a_network_nobody_is_asked(printed):
    assert "this machine is in no network" in printed(network=None)


def test_a_microphone_has_its_line_that_the_configuration_takes(printed):
    shown = printed(microphones=[Found("USB Audio (hw:1,0)", "plughw:CARD=C270,DEV=0", key="microphone")])
    assert "USB Audio (hw:1,0)\n    microphone: plughw:CARD=C270,DEV=0\n  or microphone: source" in shown
    config, warnings = parse("camera:\n  microphone: plughw:CARD=C270,DEV=0\n", "a test")
    assert config.camera.microphone == "plughw:CARD=C270,DEV=0" and not warnings
