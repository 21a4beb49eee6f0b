"""``petcam detect`` as a process: real H.264 in real shared memory in, boxes out."""

import itertools
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")

from petcam.shm.detections import DetectionReader, DetectionWriter  # noqa: E402
from petcam.shm.stream import StreamWriter  # noqa: E402
from tests.light_model import write_light_model  # noqa: E402
from tests.unit.detect.encoded import HEIGHT, WIDTH, encoded  # noqa: E402

FPS = 10
STEPS = 17  # of the cat, then it begins anew: no part of a second, so it is elsewhere at each keyframe
PETCAM = [sys.executable, "-m", "petcam.cli"]
PATIENCE = 60.0  # seconds, for a busy machine


@pytest.fixture
def config(tmp_path) -> Iterator[dict]:
    """A configuration with a model and segments of its own."""
    name = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    file = tmp_path / "petcam.yaml"
    path = write_light_model(tmp_path)
    segments = {"stream": f"{name}_s", "detections": f"{name}_d"}
    file.write_text(
        f"camera: {{stream: {segments['stream']}, detections: {segments['detections']}}}\n"
        f"detect: {{model: {path}, min_score: 0.3, cpu_share: 2}}\n"
    )
    yield {"file": file, "model": path, **segments}
    for segment in segments.values():
        for suffix in ("", ".new"):
            try:
                os.unlink(f"/dev/shm{segment}{suffix}")
            except FileNotFoundError:
                pass


def room(cat: int | None) -> np.ndarray:
    """A dark room; the cat is a light square from that column on."""
    picture = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    if cat is not None:
        picture[60:130, cat : cat + 70] = 245
    return picture


class Camera:
    """Films the room, ten pictures a second, until it is closed; ``has_cat`` may be changed meanwhile."""

    def __init__(self, segment: str) -> None:
        self.has_cat = False
        self.captures: set[int] = set()
        self._segment, self._stop = segment, threading.Event()
        walking = [room(20 + 12 * i) for i in range(STEPS)] * FPS
        self._films = {has: encoded(walking if has else [room(None)] * FPS, gop=FPS) for has in (True, False)}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with StreamWriter(self._segment) as writer:
            for n in itertools.count():
                if n % FPS == 0:  # a keyframe
                    film = self._films[self.has_cat]
                unit = film[n % len(film)]
                capture_ns = time.monotonic_ns()
                self.captures.add(capture_ns)
                writer.publish(unit.data, capture_ns=capture_ns, keyframe=unit.keyframe, width=WIDTH, height=HEIGHT)
                if self._stop.wait(1 / FPS):
                    return


@contextmanager
def detecting(config: dict) -> Iterator[subprocess.Popen]:
    command = [*PETCAM, "--config", str(config["file"]), "detect"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def first(reader: DetectionReader, wanted) -> object:
    """The first result that is as ``wanted``."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = reader.read(1.0)
        if result is not None and wanted(result):
            return result
    raise AssertionError("no such result came")


def test_a_cat_that_walks_in_gets_its_box_on_a_frame_of_the_stream_and_loses_it_as_it_leaves(config) -> None:
    camera = Camera(config["stream"])
    try:
        with detecting(config) as process, DetectionReader(config["detections"]) as reader:
            empty = first(reader, lambda result: True)
            assert empty.boxes == ()
            camera.has_cat = True
            seen = first(reader, lambda result: result.boxes)
            assert {box.class_name for box in seen.boxes} == {"cat"}
            assert seen.capture_ns in camera.captures
            assert (seen.width, seen.height) == (WIDTH, HEIGHT)
            camera.has_cat = False
            first(reader, lambda result: not result.boxes and result.capture_ns > seen.capture_ns)
            process.terminate()
            assert process.wait(PATIENCE) == 0
    finally:
        camera.close()
    assert not os.path.exists(f"/dev/shm{config['detections']}")


def test_while_another_detector_writes_it_leaves_the_boxes_to_that(config) -> None:
    with DetectionWriter(config["detections"], writer_name="another"), detecting(config) as process:
        assert process.wait(PATIENCE) == 1
        assert "another" in process.stderr.read()


def test_a_file_that_is_no_model_is_refused_with_its_name_and_for_good(config) -> None:
    config["model"].write_bytes(b"not a model")
    with detecting(config) as process:
        assert process.wait(PATIENCE) == 78
        assert str(config["model"]) in process.stderr.read()


def test_without_anything_to_look_for_it_says_why(config) -> None:
    config["file"].write_text("detect: {model: off}\n")
    with detecting(config) as process:
        assert process.wait(PATIENCE) == 78
        assert "detect.model is off" in process.stderr.read()


def tried(config, *words: str) -> subprocess.CompletedProcess:
    command = [*PETCAM, "--config", str(config["file"]), "detect", "--try", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def test_a_picture_is_tried_and_drawn(config, tmp_path) -> None:
    picture, drawn = tmp_path / "cat.png", tmp_path / "drawn.jpg"
    frame = av.VideoFrame.from_ndarray(room(120), format="rgb24")
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = WIDTH, HEIGHT, "rgb24", Fraction(1)
    picture.write_bytes(b"".join(bytes(packet) for packet in encoder.encode(frame)))
    done = tried(config, str(picture), "--picture", str(drawn))
    assert done.returncode == 0, done.stderr
    assert "light.onnx (YOLOX 32x32" in done.stdout and "cat 0." in done.stdout
    with av.open(str(drawn)) as found:
        shown = next(found.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert (shown[..., 1] - shown[..., 0] > 60).any()  # the page's green


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_file_that_is_no_picture_is_said_in_one_line(config, tmp_path, content: bytes) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(content)
    done = tried(config, str(file))
    assert done.returncode == 1
    assert str(file) in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_named(config) -> None:
    done = tried(config, "/no/such/cat.jpg")
    assert done.returncode == 1
    assert "/no/such/cat.jpg" in done.stderr and "Traceback" not in done.stderr
