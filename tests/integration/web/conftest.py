"""petcam-web on waitress with real shared memory and a stub of the streamer, or the streamer that serves the page.

A test that takes ``web`` or ``url`` runs with both servers, unless it takes ``services`` or ``stub`` too, or is marked
as one that looks into petcam-web.
"""

import os
import secrets
import threading
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from petcam.commands.web import build
from petcam.config import Auth, Camera, Config, Recording, Web
from petcam.feed.transcoding import Encoder
from petcam.shm.stream import StreamWriter
from petcam.streamer_client import StreamerClient
from petcam.web.app import create_app
from petcam.web.http.server import WebServer
from tests.chosen_server import is_go
from tests.integration.web.open_streamer import OpenStreamer
from tests.integration.web.stub_streamer import StubStreamer
from tests.left_out import skip_with_go

WEB_THREADS = 12  # four of them are for open streams, two of those for one device


@pytest.fixture
def stub():
    skip_with_go(["inside"])
    stub = StubStreamer()
    yield stub
    stub.close()


@pytest.fixture
def segment():
    """The beginning of segment names that no other run uses; a segment's writer unlinks it."""
    return f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def film():
    """The name of a segment with a film that runs all the time: 320x240, 20 pictures a second that get lighter."""
    np, _ = pytest.importorskip("numpy"), pytest.importorskip("av")
    name, stop = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}_film", threading.Event()

    def play():
        encoder, number = Encoder(320, 240, Fraction(20), "a test"), 0
        with StreamWriter(name, writer_name="test") as writer:
            while not stop.wait(1 / 20):
                number += 1
                data, keyframe = encoder.encode_i420(np.full((360, 320), 60 + number % 100, np.uint8))
                writer.publish(data, capture_ns=time.monotonic_ns(), keyframe=keyframe, width=320, height=240)
                playing.set()

    playing, player = threading.Event(), threading.Thread(target=play)
    player.start()
    assert playing.wait(30)
    yield name
    stop.set()
    player.join()


@pytest.fixture
def config(tmp_path, segment):
    (tmp_path / "recordings").mkdir()
    return Config(
        web=Web(host="127.0.0.1", port=0, threads=WEB_THREADS),
        camera=Camera(stream=f"{segment}_stream", detections=f"{segment}_detections"),
        recording=Recording(directory=str(tmp_path / "recordings")),
        auth=Auth(mode="none"),
    )


@pytest.fixture
def services(config, stub, tmp_path, monkeypatch):
    skip_with_go(["inside"])  # also where a test has a stub of its own
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    built = build(config)
    built = replace(built, streamer=StreamerClient(stub.url))
    yield built
    built.streamer.close()


@pytest.fixture
def petcam_web(services):
    server = WebServer(create_app(services), "127.0.0.1", 0, WEB_THREADS)
    server.start()
    services.detections.start()
    services.event_feed.start()
    yield server
    services.pictures.stop()
    services.detections.stop()
    services.event_feed.stop()
    server.stop()


@pytest.fixture
def web(request):
    """A server with a ``port``, whose page asks for no login."""
    if not is_go():
        yield request.getfixturevalue("petcam_web")
        return
    with OpenStreamer(request.getfixturevalue("config"), request.getfixturevalue("tmp_path")) as running:
        yield running


@pytest.fixture
def url(web):
    return f"http://127.0.0.1:{web.port}"
