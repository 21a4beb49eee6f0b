"""MJPEG and snapshots on waitress, from a stream in real shared memory."""

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
from tests.integration.web.test_server import until

av = pytest.importorskip("av")

CLIENTS = 10
SIZE = (640, 360)


@pytest.fixture
def config(config):
    return replace(config, web=replace(config.web, threads=8 + CLIENTS + 1))


@pytest.fixture
def web(services, config):
    server = WebServer(create_app(services), "127.0.0.1", 0, config.web.threads)
    server.start()
    yield server
    services.pictures.stop()
    server.stop()


@pytest.fixture(scope="session")
def film():
    """Half a second of pictures, H.264: each has a grey of its own above, and noise below, so that it is large."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = *SIZE, "yuv420p", 30
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": "keyint=15:scenecut=0"}
    packets = []
    for number in range(15):
        frame = av.VideoFrame(*SIZE, "yuv420p")
        for plane, grey in zip(frame.planes, (40 + 12 * number, 128, 128), strict=True):
            half = plane.buffer_size // 2
            plane.update(bytes([grey]) * half + os.urandom(plane.buffer_size - half))
        frame.pts = number
        packets += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return packets


class Camera:
    """Writes a picture each 33 ms, and a result of the detector for each, 50 ms after it."""

    def __init__(self, config, film):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(config.camera, film), name="camera")
        self._thread.start()

    def _run(self, camera, film):
        with StreamWriter(camera.stream) as stream, DetectionWriter(camera.detections) as detector:
            late = []
            for number in range(100_000):
                if self._stop.wait(0.033):
                    break
                data, keyframe = film[number % len(film)]
                stamp = {"capture_ns": time.monotonic_ns(), "width": SIZE[0], "height": SIZE[1]}
                frame_number = stream.publish(data, keyframe=keyframe, **stamp)
                late.append(SimpleNamespace(frame_number=frame_number, **stamp))
                while late and time.monotonic_ns() - late[0].capture_ns > 50_000_000:
                    left = 100.0 + 20 * (late[0].frame_number % len(film))
                    detector.publish(late.pop(0), [Box("cat", 0.9, left, 40.0, 100.0, 100.0)])

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
        """The ends of so many JPEGs."""
        seen = 0
        while seen < count and (line := self.file.readline()):
            seen += line.startswith(b"Content-Length: ")
        return seen

    def close(self):
        self.file.close()
        self.socket.close()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def test_ten_clients_and_a_stalled_one_hold_nobody_up_and_leave_nothing_behind(url, web, services, camera):
    assert requests.get(f"{url}/snapshot.jpg", timeout=10).status_code == 200
    assert until(lambda: services.stream_slots.taken() == 0)
    before, threads = descriptors(), {thread.name for thread in threading.enumerate()} - {"pictures"}
    stalled = Client(web, "/stream.mjpg?fps=30")
    clients = [Client(web, f"/stream.mjpg?width={320 + 160 * (n % 2)}") for n in range(CLIENTS)]
    assert [client.pictures(10) for client in clients] == [10] * CLIENTS
    assert len([thread for thread in threading.enumerate() if thread.name == "pictures"]) == 1
    for path in ("/", "/healthz", "/api/recordings"):
        assert requests.get(url + path, timeout=10).status_code == 200
    for client in (*clients, stalled):
        client.close()
    assert until(lambda: services.stream_slots.taken() == 0)
    assert until(lambda: {thread.name for thread in threading.enumerate()} == threads)
    assert until(lambda: descriptors() <= before)


def test_each_picture_has_the_boxes_of_its_own_frame(url, config, camera):
    with DetectionReader(config.camera.detections) as detections:
        assert detections.read(10), "the detector is at work"
    for _ in range(3):
        shown = requests.get(f"{url}/snapshot.jpg?boxes=1", timeout=10)
        pixels = av.CodecContext.create("mjpeg", "r").decode(av.Packet(shown.content))[0].to_ndarray(format="rgb24")
        grey = pixels[10, 10].mean() * 219 / 255 + 16  # as it was before JPEG's wider range
        green = pixels[90, :, 1].astype(int) - pixels[90, :, 0]
        assert round((grey - 40) / 12) == round((int((green > 40).argmax()) - 100) / 20)
        assert 0.04 < float(shown.headers["X-Picture-Age"]) < 1


def test_the_picture_is_back_when_the_camera_is(url, config, film, camera):
    assert requests.get(f"{url}/snapshot.jpg", timeout=10).status_code == 200
    camera.close()
    again = Camera(config, film)
    try:
        assert requests.get(f"{url}/snapshot.jpg", timeout=10).status_code == 200
    finally:
        again.close()
