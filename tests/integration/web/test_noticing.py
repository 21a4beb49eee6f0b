"""petcam-events as a process: what a detector publishes becomes events at petcam-web, told, listed and deleted."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import yaml

from petcam.shm.detections import Box, DetectionWriter
from tests.integration.web.test_server import eventually

pytestmark = pytest.mark.needs_python("visits")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def start_events(config, tmp_path, services):
    """The service, with the state directory that ``services`` reads; ends with the test."""
    file, running = tmp_path / "petcam.yaml", []
    file.write_text(yaml.safe_dump({"camera": {"detections": config.camera.detections}}))

    def start():
        command = [sys.executable, "-m", "petcam.cli", "--config", file, "events"]
        environment = {**os.environ, "STATE_DIRECTORY": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
        running.append(subprocess.Popen(command, env=environment))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait()


@pytest.fixture
def cat(config):
    """A detector that sees a cat ten times a second while ``is_there`` is set."""
    is_there, ended = threading.Event(), threading.Event()

    def run():
        number = 0
        with DetectionWriter(config.camera.detections, writer_name="test") as writer:
            while not ended.wait(0.1):
                number += 1
                frame = SimpleNamespace(frame_number=number, capture_ns=time.monotonic_ns(), width=640, height=360)
                boxes = [Box("cat", 0.9, 200.0 + number % 50, 100.0, 90.0, 60.0)] if is_there.is_set() else []
                writer.publish(frame, boxes)

    thread = threading.Thread(target=run)
    thread.start()
    yield is_there
    ended.set()
    thread.join()


def test_what_is_noticed_is_told_listed_and_deleted_and_a_killed_service_is_said(start_events, cat, web, url):
    away = requests.get(f"{url}/api/go/health", timeout=10).json()["events"]
    assert away["running"] is False
    service = start_events()
    assert eventually(lambda: "nobody there" in health(url)["status"])
    with closing(socket.create_connection(("127.0.0.1", web.port), timeout=30)) as connection:
        connection.sendall(b"GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with closing(http.client.HTTPResponse(connection)) as answer:
            answer.begin()
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            cat.set()
            kind, event = next_event(answer)
    assert (kind, event["class"], event["open"], event["video"]) == ("begin", "cat", True, "none")
    assert abs(event["begin"] - time.time()) < 20
    assert requests.get(f"{url}/api/events", timeout=10).json()["events"] == [event]
    assert eventually(lambda: "there: cat since" in health(url)["status"])
    assert requests.delete(f"{url}/api/events/{event['id']}", timeout=10).status_code == 409
    service.kill()
    service.wait()
    refused = requests.delete(f"{url}/api/events/{event['id']}", timeout=10)
    assert (refused.status_code, refused.json()["error"]) == (503, "Events service unavailable")
    assert requests.get(f"{url}/api/events/{event['id']}", timeout=10).json()["class"] == "cat"
    assert eventually(lambda: not health(url)["running"])
    start_events()
    assert eventually(lambda: health(url)["running"])
    # The service was killed: a trouble, which is over, so it can be deleted.
    assert eventually(lambda: troubles(url))
    (trouble,) = troubles(url)
    assert trouble["class"] == "service_restarted"
    assert requests.delete(f"{url}/api/events/{trouble['id']}", timeout=10).status_code == 204
    assert troubles(url) == []


def health(url):
    return requests.get(f"{url}/api/go/health", timeout=10).json()["events"]


def troubles(url):
    return requests.get(f"{url}/api/events?kind=trouble", timeout=10).json()["events"]


def next_event(answer):
    kind = ""
    while line := answer.readline():
        if line.startswith(b"event: "):
            kind = line[7:].strip().decode()
        if line.startswith(b"data: "):
            return kind, json.loads(line[6:])
    raise AssertionError("the stream has ended")
