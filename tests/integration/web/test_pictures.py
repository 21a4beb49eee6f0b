"""MJPEG and snapshots by waitress, from a stream in real shared memory."""

import os
import socket
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests

from petcam.shm.detections import Box, DetectionReader, DetectionWriter
from petcam.shm.stream import StreamWriter
from petcam.web.app import create_app
from petcam.web.http.server import WebServer
from tests.integration.web.test_server import eventually

pytestmark = pytest.mark.needs_python("pictures")

av = pytest.importorskip("av")

CLIENTS = 10
OTHER_PATHS = ("/", "/healthz", "/api/recordings")
FRAME_SIZE = (640, 360)


@pytest.fixture
def config(config):
    return replace(config, web=replace(config.web, threads=8 + 2 * (CLIENTS + 1)))


@pytest.fixture
def web(services, config):
    server = WebServer(create_app(services), "127.0.0.1", 0, config.web.threads)
    server.start()
    yield server
    services.pictures.stop()
    server.stop()


@pytest.fixture(scope="session")
def film():
    """Half a second of H.264: the upper half of each picture is a grey of its own, the lower half noise that makes it
    large."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = *FRAME_SIZE, "yuv420p", 30
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": "keyint=15:scenecut=0"}
    packets = []
    for number in range(15):
        frame = av.VideoFrame(*FRAME_SIZE, "yuv420p")
        for plane, grey in zip(frame.planes, (40 + 12 * number, 128, 128), strict=True):
            half = plane.buffer_size // 2
            plane.update(bytes([grey]) * half + os.urandom(plane.buffer_size - half))
        frame.pts = number
        packets += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return packets


class Camera:
    """Writes a picture every 33 ms, and a detection result for each of them 50 ms later."""

    def __init__(self, config, film):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(config.camera, film), name="camera")
        self._thread.start()

    def _run(self, camera, film):
        with StreamWriter(camera.stream) as stream, DetectionWriter(camera.detections) as detector:
            waiting = []
            for number in range(100_000):
                if self._stop.wait(0.033):
                    break
                data, keyframe = film[number % len(film)]
                stamp = {"capture_ns": time.monotonic_ns(), "width": FRAME_SIZE[0], "height": FRAME_SIZE[1]}
                frame_number = stream.publish(data, keyframe=keyframe, **stamp)
                waiting.append(SimpleNamespace(frame_number=frame_number, **stamp))
                while waiting and time.monotonic_ns() - waiting[0].capture_ns > 50_000_000:
                    left = 100.0 + 20 * (waiting[0].frame_number % len(film))
                    detector.publish(waiting.pop(0), [Box("cat", 0.9, left, 40.0, 100.0, 100.0)])

    def close(self):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def camera(config, film):
    running = Camera(config, film)
    yield running
    running.close()


class Client:
    def __init__(self, web, path="/stream.mjpg"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", web.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")

    def pictures(self, count):
        """Reads until ``count`` pictures have begun; returns how many did."""
        seen = 0
        while seen < count and (line := self.file.readline()):
            seen += line.startswith(b"Content-Length: ")
        return seen

    def close(self):
        self.file.close()
        self.socket.close()


def open_descriptors():
    return len(os.listdir("/proc/self/fd"))


def test_ten_clients_and_a_stalled_one_delay_nobody_and_leak_nothing(url, web, services, camera):
    for path in ("/snapshot.jpg", *OTHER_PATHS):
        assert requests.get(url + path, timeout=10).status_code == 200
    assert eventually(lambda: services.stream_slots.taken() == 0)
    before, threads = open_descriptors(), {thread.name for thread in threading.enumerate()} - {"pictures"}
    stalled = Client(web, "/stream.mjpg?fps=30")
    clients = [Client(web, f"/stream.mjpg?width={320 + 160 * (n % 2)}") for n in range(CLIENTS)]
    assert [client.pictures(10) for client in clients] == [10] * CLIENTS
    assert len([thread for thread in threading.enumerate() if thread.name == "pictures"]) == 1
    for path in OTHER_PATHS:
        assert requests.get(url + path, timeout=10).status_code == 200
    for client in (*clients, stalled):
        client.close()
    assert eventually(lambda: services.stream_slots.taken() == 0)
    assert eventually(lambda: {thread.name for thread in threading.enumerate()} == threads)
    assert eventually(lambda: open_descriptors() <= before)


def test_each_picture_has_the_boxes_of_its_own_frame(url, config, camera):
    with DetectionReader(config.camera.detections) as detections:
        assert detections.read(10), "the detector has started"
    for _ in range(3):
        shown = requests.get(f"{url}/snapshot.jpg?boxes=1", timeout=10)
        pixels = av.CodecContext.create("mjpeg", "r").decode(av.Packet(shown.content))[0].to_ndarray(format="rgb24")
        grey = pixels[10, 10].mean() * 219 / 255 + 16  # from JPEG's full range back to the video's
        green = pixels[90, :, 1].astype(int) - pixels[90, :, 0]
        assert round((grey - 40) / 12) == round((int((green > 40).argmax()) - 100) / 20)
        assert 0.04 < float(shown.headers["X-Picture-Age"]) < 1


def test_pictures_continue_when_the_camera_is_back(url, config, film, camera):
    assert requests.get(f"{url}/snapshot.jpg", timeout=10).status_code == 200
    camera.close()
    again = Camera(config, film)
    try:
        assert requests.get(f"{url}/snapshot.jpg", timeout=10).status_code == 200
    finally:
        again.close()


@pytest.mark.parametrize("path", ["/stream.mjpg", "/api/detections/stream"])
def test_what_is_open_ends_when_the_camera_is_turned_off_and_opens_again(web, services, camera, path):
    clients = [Client(web, path)]
    assert b"200" in clients[0].file.readline()
    url = f"http://127.0.0.1:{web.port}/api/camera"
    assert requests.put(url, json={"on": False}, timeout=20).json()["on"] is False
    clients[0].file.read()  # to its end
    clients.append(Client(web, path))
    assert b"503" in clients[1].file.readline()
    assert requests.put(url, json={"on": True}, timeout=20).json()["on"] is True
    clients.append(Client(web, path))
    assert b"200" in clients[2].file.readline()
    for client in clients:
        client.close()
