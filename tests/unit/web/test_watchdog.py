"""systemd's notifications."""

import socket

import pytest

from petcam.system.watchdog import DEFAULT_INTERVAL_SECONDS, Watchdog


@pytest.fixture
def notify(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_it_notifies_systemd_of_ready_alive_and_stopping(notify):
    watchdog = Watchdog({"web": lambda: True})
    watchdog.ready("ready")
    assert watchdog.beat("2 open streams") == []
    watchdog.stopping()
    said = [notify.recv(4096) for _ in range(3)]
    assert said == [b"READY=1\nSTATUS=ready", b"WATCHDOG=1\nSTATUS=2 open streams", b"STOPPING=1"]


def test_it_does_not_feed_the_watchdog_when_one_check_fails(notify):
    watchdog = Watchdog({"web": lambda: True, "detections": lambda: False})
    assert watchdog.beat("all is well") == ["detections"]
    assert notify.recv(4096) == b"STATUS=not answering: detections"
    watchdog.stopping()


def test_the_interval_is_half_of_systemds_timeout(monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    assert Watchdog({}).interval == 10
    monkeypatch.delenv("WATCHDOG_USEC")
    assert Watchdog({}).interval == DEFAULT_INTERVAL_SECONDS


def test_it_does_nothing_outside_systemd():
    watchdog = Watchdog({"web": lambda: True})
    watchdog.ready("ready")
    assert watchdog.beat("well") == []
    watchdog.stopping()
