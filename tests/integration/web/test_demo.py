"""``petcam demo`` with the real feed and web service and a stub of the streamer."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port

pytestmark = pytest.mark.needs_python("inside")

pytest.importorskip("av")

STREAMER_STUB = """#!{python}
import http.server, json, signal, sys, yaml
config = yaml.safe_load(open(sys.argv[2]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({{"status": "ok", "camera": {{"state": "live"}}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
{extra}
http.server.HTTPServer(("127.0.0.1", config["streamer"]["port"]), Handler).serve_forever()
"""
NAMES = ("petcam feed", "petcam-streamer", "petcam web")


def make_streamer(tmp_path, extra=""):
    file = tmp_path / "petcam-streamer"
    file.write_text(STREAMER_STUB.format(python=sys.executable, extra=extra))
    file.chmod(0o755)
    return file


class Demo:
    def __init__(self, folder, streamer, port, streamer_port, *words):
        self.port = port
        self.folder = folder / "demo"
        command = [sys.executable, "-m", "petcam.cli", "demo", "--port", str(port), "--dir", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--streamer-port", str(streamer_port), *words],
            env={**os.environ, "PETCAM_STREAMER": str(streamer)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, words):
        for line in self.process.stdout:
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {self.process.stderr.read()}")

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def segments(self):
        return list(Path("/dev/shm").glob(f"petcam_demo_{self.port}_*"))

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path):
    demos = []

    def start_demo(*words, ports=None, streamer=None):
        demo = Demo(tmp_path, streamer or make_streamer(tmp_path), *(ports or (free_port(), free_port())), *words)
        demos.append(demo)
        return demo

    yield start_demo
    for demo in demos:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)
        demo.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_the_url_once_all_services_answer_and_leaves_nothing_behind(start, number):
    demo = start()
    assert f"http://127.0.0.1:{demo.port}" in demo.wait_for("Ctrl-C")
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/api/go/health") as answer:
        assert json.load(answer)["camera"]["state"] == "live"
    children = demo.children()
    assert len(children) >= 3 and demo.segments()
    assert demo.end(number) == 0
    assert not [child for child in children if child.is_running()]
    assert demo.segments() == []


@pytest.mark.parametrize("name", NAMES)
def test_it_restarts_a_child_that_was_killed(start, name):
    demo = start()
    demo.wait_for("Ctrl-C")
    word = name.removeprefix("petcam ")
    (killed,) = [child for child in demo.children() if any(part.endswith(word) for part in child.cmdline())]
    killed.kill()
    assert "signal 9" in demo.wait_for(f"{name} ended")
    psutil.wait_procs([killed])
    while not [child for child in demo.children() if any(part.endswith(word) for part in child.cmdline())]:
        assert demo.process.poll() is None
    assert demo.end() == 0
    assert demo.segments() == []


def test_its_children_end_when_it_is_killed(start):
    demo = start()
    demo.wait_for("Ctrl-C")
    children = demo.children()
    demo.process.kill()
    _, alive = psutil.wait_procs(children, 20)
    for child in alive:
        child.kill()
    for segment in demo.segments():
        segment.unlink(missing_ok=True)
    assert alive == []


def test_it_kills_a_child_that_ignores_sigterm(start, tmp_path):
    demo = start(streamer=make_streamer(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)"))
    demo.wait_for("Ctrl-C")
    children = demo.children()
    assert demo.end() == 0
    assert not [child for child in children if child.is_running()]


@pytest.mark.parametrize(
    ("kind", "index", "option"),
    [
        (socket.SOCK_STREAM, 0, "--port"),
        (socket.SOCK_STREAM, 1, "--streamer-port"),
        (socket.SOCK_DGRAM, 1, "--streamer-port"),
    ],
)
def test_it_names_a_taken_port_and_its_option_before_it_starts_anything(start, kind, index, option):
    ports = (free_port(), free_port())
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", ports[index]))
        if kind == socket.SOCK_STREAM:
            other.listen()
        demo = start(ports=ports)
        _, errors = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 1
    (line,) = [line for line in errors.splitlines() if not line.startswith("INFO")]
    assert str(ports[index]) in line and line.endswith(option)
    assert not demo.folder.exists()


def test_it_says_how_to_get_a_missing_streamer(start, tmp_path):
    demo = start(streamer=tmp_path / "nowhere")
    _, errors = demo.process.communicate(timeout=30)
    assert demo.process.returncode != 0
    assert "petcam-streamer is not there: run make setup" in errors


def test_it_warns_when_the_whole_network_sees_the_camera(start):
    demo = start("--host", "0.0.0.0")
    assert "no login" in demo.wait_for("WARNING")
    assert f":{demo.port} " in demo.wait_for("Ctrl-C")


def test_it_refuses_an_invalid_port(start):
    demo = start(ports=(0, 70000))
    _, errors = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 78
    assert "port" in errors and "1 to 65535" in errors
