"""Cameras and files that refuse, for real: FFmpeg's errors end as words with a remedy, the same each time."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from petcam.errors import PetcamError
from petcam.feed.sources import rtsp
from petcam.feed.transcoding import opened
from tests.ports import free_port

TIMEOUT = 2.0  # seconds; also of the one case in which it is waited for

Camera = Callable[[str | None, str], int]


@pytest.fixture
def refusing_camera() -> Iterator[Camera]:
    """Starts a camera that answers ``status`` from the method ``at`` on; None: it hangs. Gives its port."""
    with ExitStack() as stack:

        def start(status: str | None, at: str = "DESCRIBE") -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_serve, args=(listener, status, at), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return int(listener.getsockname()[1])

        yield start


def _serve(listener: socket.socket, status: str | None, at: str) -> None:
    with ExitStack() as kept:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            kept.enter_context(closing(client))
            try:
                _answer(client, status, at)
            except OSError:
                continue


def _answer(client: socket.socket, status: str | None, at: str) -> None:
    sdp = "v=0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:v\r\n"
    with client.makefile("rb") as requests:
        while line := requests.readline():
            method = line.split()[0].decode()
            number = [header for header in iter(requests.readline, b"\r\n") if header.lower().startswith(b"cseq")][0]
            if method == at and status is None:
                return
            body = sdp if method == "DESCRIBE" else ""
            head = f"RTSP/1.0 {status if method == at else '200 OK'}\r\n{number.decode()}Session: 1\r\n"
            head += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nContent-Type: application/sdp\r\n"
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())


def why(url: str, **options: object) -> str:
    with pytest.raises(PetcamError) as caught, opened("a camera", url, **options) as stream:
        for _ in stream.container.demux(stream):
            pass
    assert caught.value.__cause__ is None and "s3cret" not in caught.value.message
    return caught.value.message


def why_not(port: int) -> str:
    return why(f"rtsp://cat:s3cret@127.0.0.1:{port}/s3cret", timeout=(TIMEOUT, TIMEOUT), options=rtsp.OPTIONS)


@pytest.mark.parametrize(
    ("status", "at", "words"),
    [
        ("401 Unauthorized", "DESCRIBE", "refuses the user or the password (401): write them into camera.source"),
        ("403 Forbidden", "DESCRIBE", "refuses access (403)"),
        ("404 Not Found", "DESCRIBE", "has no stream at this path (404)"),
        ("453 Not Enough Bandwidth", "SETUP", "serves no further viewer (453)"),
        ("461 Unsupported Transport", "SETUP", "sends neither by TCP nor by UDP (461)"),
        ("503 Service Unavailable", "PLAY", "is too busy (503)"),
    ],
)
def test_what_a_camera_refuses_is_said_in_words_each_time(refusing_camera, status, at, words):
    port = refusing_camera(status, at)
    assert words in why_not(port)
    assert words in why_not(port)  # and at the next try


def test_a_camera_that_takes_the_connection_and_says_nothing_does_not_answer(refusing_camera):
    assert f"does not answer within {TIMEOUT:g} s" in why_not(refusing_camera(None, "OPTIONS"))


def test_a_port_without_a_listener_refuses(refusing_camera):
    assert "refuses the connection: switch RTSP on" in why_not(free_port())


def test_a_file_that_is_no_video_is_said_to_be_none(tmp_path: Path):
    junk = tmp_path / "s3cret.mp4"
    junk.write_bytes(b"junk" * 1000)
    assert "is no video, or is damaged" in why(str(junk))
    assert "is a folder" in why(str(tmp_path))
    assert "is not there" in why(str(tmp_path / "none.mp4"))


def test_a_device_that_is_no_camera_is_said_to_be_none():
    assert "is no camera" in why("/dev/null", format="v4l2")
