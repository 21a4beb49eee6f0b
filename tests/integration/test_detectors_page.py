"""The programs of docs/detectors.md, run as they stand, on real shared memory; what vendors bring is a stand-in."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from petcam.feed.demo.scene import Scene
from petcam.feed.sources.rpicam import OPTIONS
from petcam.shm.detections import Box, DetectionReader, DetectionWriter
from petcam.shm.stream import StreamReader, StreamWriter
from tests.browser.demo_system import DemoSystem
from tests.integration.shm.conftest import name  # noqa: F401  (a fixture)
from tests.integration.test_readme import overlap
from tests.ports import free_port

av = pytest.importorskip("av")

TOP = Path(__file__).parents[2]
TEXT = (TOP / "docs" / "detectors.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
PROGRAMS = [file for file in FILES if file.endswith(".py") and file != "petcam_frames.py"]
SIZE = (320, 240)
TIMEOUT_SECONDS = 60.0  # for whatever must come


@pytest.fixture
def folder(tmp_path, name):  # noqa: F811
    """The page's programs, on segments of this test's."""
    for file, text in FILES.items():
        text = text.replace('"/petcam_stream"', f'"{name}_stream"').replace(
            '"/petcam_detections"', f'"{name}_detections"'
        )
        (tmp_path / file).write_text(text, encoding="utf-8")
    yield tmp_path
    for kind in ("stream", "detections"):
        Path(f"/dev/shm{name}_{kind}").unlink(missing_ok=True)


def stand_in(folder, module, text):
    """A vendor's module, above those that are installed."""
    path = folder.joinpath(*module.split("."))
    path.mkdir(parents=True, exist_ok=True)
    for package in (path, *path.parents):
        if package == folder:
            break
        (package / "__init__.py").touch()
    (path / "__init__.py").write_text(text)


@contextmanager
def started(folder, program, **options):
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOP}"}
    process = subprocess.Popen([sys.executable, "-W", "error", program], cwd=folder, env=environment, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_SECONDS)


def is_light(number):
    return number % 30 >= 15


def grey_film(size=SIZE, pictures=30):
    """A second of H.264: half of it dark, then light."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = *size, "yuv420p", 30
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "x264-params": "keyint=10:scenecut=0"}
    for number in range(pictures):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane, grey in zip(frame.planes, (200 if is_light(number) else 40, 128, 128), strict=True):
            plane.update(bytes([grey]) * plane.buffer_size)
        frame.pts = number
        for packet in encoder.encode(frame):
            yield bytes(packet), packet.is_keyframe


@pytest.fixture
def camera(folder, name):  # noqa: F811
    """Writes 30 pictures a second; yields the frame number of each ``capture_ns``."""
    film, written, stop = list(grey_film()), {}, threading.Event()

    def run():
        with StreamWriter(f"{name}_stream") as stream:
            for number in range(100_000):
                if stop.wait(0.033):
                    return
                data, keyframe = film[number % len(film)]
                capture_ns = time.monotonic_ns()
                written[capture_ns] = number
                stream.publish(data, capture_ns=capture_ns, keyframe=keyframe, width=SIZE[0], height=SIZE[1])

    thread = threading.Thread(target=run, name="camera")
    thread.start()
    yield written
    stop.set()
    thread.join()


@pytest.fixture
def results(name):  # noqa: F811
    """``results(process, wanted)``: the first result that ``wanted`` is true of."""
    with DetectionReader(f"{name}_detections") as reader:

        def first(process, wanted=lambda found: True):
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while time.monotonic() < deadline:
                assert process.poll() is None, f"it ended: {process.returncode}"
                found = reader.read(0.2)
                if found is not None and wanted(found):
                    return found
            raise AssertionError("the result did not come")

        yield first


def has_boxes(found):
    return bool(found.boxes)


def is_empty(found):
    return not found.boxes


def test_the_page_has_what_this_file_tests():
    shown = set(re.findall(r"^\| .* \| \[`(\S+)`\]", TEXT, re.MULTILINE))
    assert shown == set(PROGRAMS) == {"json_lines.py", "far.py", "coral.py", "hailo.py", "rpicam_boxes.py", "imx500.py"}
    blocks = re.findall(r"(?:^<!-- (.*) -->\n)?^```(\w+)\n", TEXT, re.MULTILINE)
    assert all(mark.startswith(("file: ", "not run by the tests: ")) or kind == "json" for mark, kind in blocks)


# --- Lines of JSON ---


def test_json_lines_become_boxes_of_the_frame_that_they_name(folder, camera, results):
    line = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1]
    with started(folder, "json_lines.py", stdin=subprocess.PIPE, text=True) as process:
        process.stdin.write(line)
        process.stdin.flush()
        found = results(process)
        assert (found.capture_ns, found.width, found.height) == (81234567890, 640, 360)
        assert found.boxes == (Box("cat", pytest.approx(0.93), 206, 150, 90, 60),)
        print(json.dumps({**json.loads(line), "capture_ns": 81234567999, "boxes": []}), file=process.stdin, flush=True)
        assert results(process).boxes == ()


def test_json_lines_without_a_frame_are_of_the_newest(folder, camera, results):
    line = {"width": 640, "height": 480, "boxes": [["cat", 1, 0, 0, 10, 10]]}
    with started(folder, "json_lines.py", stdin=subprocess.PIPE, text=True) as process:
        for pictures in range(20, 80, 20):
            while len(camera) < pictures:
                time.sleep(0.02)  # nobody is told of them
            newest = len(camera) - 1
            print(json.dumps(line), file=process.stdin, flush=True)
            found = results(process)
            assert camera[found.capture_ns] >= newest - 1 and found.width == 640


@pytest.mark.parametrize("line", ["cat\n", '{"width": 0, "height": 9, "capture_ns": 5, "boxes": []}\n'])
def test_a_line_that_makes_no_sense_ends_the_program_with_the_reason(folder, line):
    with started(folder, "json_lines.py", stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        _, said = process.communicate(line, timeout=TIMEOUT_SECONDS)
        assert process.returncode == 1 and "Error: " in said.splitlines()[-1]


def test_a_second_writer_is_refused_and_told_who_writes(folder, name):  # noqa: F811
    with (
        DetectionWriter(f"{name}_detections", writer_name="petcam detect"),
        started(folder, "json_lines.py", stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
    ):
        _, said = process.communicate("", timeout=TIMEOUT_SECONDS)
    assert process.returncode == 1 and str(os.getpid()) in said


# --- Another machine ---

ORANGE_IS_THE_CAT = """
import av
import numpy as np

def look(jpeg):
    picture = av.CodecContext.create("mjpeg", "r").decode(av.Packet(jpeg))[0]
    red, _, blue = picture.to_ndarray(format="rgb24").astype(int).transpose(2, 0, 1)
    cat = np.argwhere(red - blue > 120)
    if not len(cat):
        return picture.width, picture.height, []
    (top, left), (bottom, right) = cat.min(axis=0).tolist(), cat.max(axis=0).tolist()
    return picture.width, picture.height, [["cat", 0.9, left, top, right - left + 1, bottom - top + 1]]
"""


def test_another_machine_finds_the_cat_in_the_pictures_of_the_page(folder, results, tmp_path_factory):
    (folder / "my_network.py").write_text(ORANGE_IS_THE_CAT)
    with DemoSystem(tmp_path_factory.mktemp("demo"), "--no-detector") as demo, StreamReader(demo.stream) as stream:
        far = folder / "far.py"
        far.write_text(far.read_text().replace("http://petcam.local:8080/", demo.url))
        with (
            started(folder, "far.py", stdout=subprocess.PIPE) as looking,
            started(folder, "json_lines.py", stdin=looking.stdout) as writing,
        ):
            numbers, deadline = {}, time.monotonic() + TIMEOUT_SECONDS
            scene = Scene(restless=True)
            while time.monotonic() < deadline:
                found = results(writing, has_boxes)
                while (unit := stream.read(0)) is not None:
                    numbers[unit.capture_ns] = unit.frame_number
                cat = scene.box(numbers[found.capture_ns]) if found.capture_ns in numbers else None
                if cat and overlap([edge * 1280 / found.width for edge in found.boxes[0][2:]], cat) > 0.7:
                    return
    raise AssertionError("it was not found on its frame")


# --- Accelerators that look at petcam's pictures. Of a dark picture they say that there is nothing. ---

LITERT = """
import numpy as np

def load_delegate(library, options=None):
    assert library == "libedgetpu.so.1"
    return "the Edge TPU"

class Interpreter:
    def __init__(self, model_path=None, model_content=None, experimental_delegates=None):
        assert model_path.endswith("_edgetpu.tflite") and experimental_delegates == ["the Edge TPU"]

    def allocate_tensors(self):
        pass

    def get_input_details(self):
        return [{"index": 7, "shape": np.array([1, 300, 300, 3])}]

    def set_tensor(self, index, value):
        assert (index, value.shape, value.dtype) == (7, (1, 300, 300, 3), np.uint8)
        self.light = value.mean() > 120

    def invoke(self):
        pass

    def get_output_details(self):
        return [{"index": index} for index in (10, 11, 12, 13)]

    def get_tensor(self, index):
        score = 0.75 if self.light else 0.25
        return {
            10: np.array([[[0.25, 0.5, 0.75, 1], [0, 0, 1, 1]]], np.float32),
            11: np.array([[16, 61]], np.float32),
            12: np.array([[score, 0.9]], np.float32),
            13: np.array([2], np.float32),
        }[index]
"""
CAT = Box("cat", 0.75, 160, 60, 160, 120)


def looks_at_each_picture(process, results, camera):
    found = results(process, has_boxes)
    assert found.boxes == (CAT,) and (found.width, found.height) == SIZE
    assert is_light(camera[found.capture_ns])
    found = results(process, is_empty)
    assert not is_light(camera[found.capture_ns])


def test_coral(folder, camera, results):
    stand_in(folder, "ai_edge_litert.interpreter", LITERT)
    (folder / "coco_labels.txt").write_text("0  person\n16  cat\n61  dining table\n")
    with started(folder, "coral.py") as process:
        looks_at_each_picture(process, results, camera)


HAILO = """
import numpy as np

class Hailo:
    def __init__(self, hef_path, batch_size=None, output_type="FLOAT32"):
        assert hef_path.endswith(".hef")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def get_input_shape(self):
        return 640, 640, 3

    def run(self, picture):
        assert picture.shape == (640, 640, 3) and picture.dtype == np.uint8
        cats = [[0.25, 0.5, 0.75, 1, 0.75 if picture.mean() > 120 else 0.25]]
        return [np.zeros((0, 5), np.float32), np.array(cats, np.float32), np.array([[0, 0, 1, 1, 0.9]], np.float32)]
"""


def test_hailo(folder, camera, results):
    stand_in(folder, "picamera2.devices", HAILO)
    (folder / "coco.txt").write_text("person\ncat\ntoaster\n")
    with started(folder, "hailo.py") as process:
        looks_at_each_picture(process, results, camera)


# --- Cameras with a network of their own ---


def datagram(x, y, w, h, class_name, confidence):
    """As object_detect_udp_stage.cpp of rpicam-apps makes it, with what happens to lie behind the name in memory."""
    assert struct.calcsize("<Iiiii") + 1 + 255 + 4 == 280
    text = (class_name.encode() + b"\0" + b"\xfe" * 300)[:253] + b"\0\0"
    return struct.pack("<Iiiii", 0xDDCCBBAA, x, y, w, h) + b"\xff" + text + struct.pack("<f", confidence)


def test_rpicam_apps(folder, camera, results):
    port = free_port()
    program = folder / "rpicam_boxes.py"
    program.write_text(program.read_text().replace("12347", str(port)))
    with (
        started(folder, "rpicam_boxes.py") as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stage,
    ):
        results(process, is_empty)  # nothing comes, so nothing was found
        for _ in range(20):  # both of one frame; a busy machine may take them apart
            said_ns = time.monotonic_ns()
            stage.sendto(datagram(10, 20, 30, 40, "cat", 0.5), ("127.0.0.1", port))
            stage.sendto(datagram(-5, 0, 100, 90, "potted plant", 1.0), ("127.0.0.1", port))
            found = results(process, has_boxes)
            if len(found.boxes) == 2:
                break
        assert found.boxes == (Box("cat", 0.5, 10, 20, 30, 40), Box("potted plant", 1.0, -5, 0, 100, 90))
        assert found.capture_ns in camera and said_ns - found.capture_ns < 500_000_000
        results(process, is_empty)


def test_rpicam_vid_is_told_what_petcams_own_source_tells_it():
    (line,) = re.findall(r"^rpicam-vid (.*?) \| petcam feed -$", TEXT.replace("\\\n", ""), re.MULTILINE)
    assert line.split() == ["--post-process-file", "boxes.json", *OPTIONS]


PICAMERA2 = """
import threading
import time
from types import SimpleNamespace

class Picamera2:
    def __init__(self, camera_num):
        assert camera_num == 3

    def create_video_configuration(self, main, controls):
        return {"main": main, "controls": controls}

    def configure(self, config):
        self.size = config["main"]["size"]

    def start_recording(self, encoder, output):
        threading.Thread(target=self.film, args=(output,), daemon=True).start()

    def film(self, output):
        for number in range(100_000):
            output.fileoutput.write(FILM[number % len(FILM)])
            output.fileoutput.flush()
            time.sleep(0.033)

    def capture_metadata(self):
        time.sleep(0.033)
        number = time.monotonic_ns() // 2_000_000_000 % 2
        return {"SensorTimestamp": time.monotonic_ns(), "ScalerCrop": (0, 0, 4056, 3040), "cat": number}
"""
IMX500 = """
import numpy as np
from types import SimpleNamespace

class IMX500:
    camera_num = 3
    network_intrinsics = SimpleNamespace(
        labels=["person", "-", "cat"], ignore_dash_labels=True, bbox_normalization=True, bbox_order="xy"
    )

    def __init__(self, network_file):
        assert network_file.endswith(".rpk")

    def get_input_size(self):
        return 320, 320

    def get_outputs(self, metadata, add_batch=False):
        assert not add_batch
        score = 0.75 if metadata["cat"] else 0.25
        edges = np.array([[160, 80, 320, 240], [0, 0, 320, 320]], np.float32)
        return [edges, np.array([score, 0.1], np.float32), np.array([1, 0], np.float32), np.array([2], np.float32)]

    def convert_inference_coords(self, coords, metadata, picam2, stream="main"):
        y0, x0, y1, x1 = (float(edge) for edge in coords)
        assert metadata["ScalerCrop"] and picam2.size == (1280, 720) and stream == "main"
        return int(x0 * 1280), int(y0 * 720), int((x1 - x0) * 1280), int((y1 - y0) * 720)
"""
ENCODERS = """
class H264Encoder:
    def __init__(self, bitrate=None, repeat=True, iperiod=None, profile=None):
        assert repeat and iperiod and profile == "baseline"
"""
OUTPUTS = """
import io

class FileOutput:
    def __init__(self, file=None):
        assert isinstance(file, io.BufferedIOBase)
        self.fileoutput = file
"""


def test_imx500(folder, results, name):  # noqa: F811
    config = folder / "petcam.yaml"
    config.write_text(yaml.safe_dump({"camera": {"stream": f"{name}_stream", "detections": f"{name}_detections"}}))
    stand_in(folder, "picamera2.devices", IMX500)
    stand_in(folder, "picamera2.encoders", ENCODERS)
    stand_in(folder, "picamera2.outputs", OUTPUTS)
    film = [data for data, _ in grey_film((1280, 720))]
    (folder / "picamera2" / "__init__.py").write_text(f"FILM = {film!r}\n{PICAMERA2}")
    program, command = folder / "imx500.py", [sys.executable, "-m", "petcam.cli", "--config", str(config), "feed", "-"]
    text = program.read_text()
    assert '["petcam", "feed", "-"]' in text
    program.write_text(text.replace('["petcam", "feed", "-"]', repr(command)))
    with started(folder, "imx500.py") as process:
        found = results(process, has_boxes)
        assert found.boxes == (Box("cat", 0.75, 640, 180, 640, 360),)
        assert 0 < found.publish_ns - found.capture_ns < 10_000_000_000
        with StreamReader(f"{name}_stream") as stream:
            assert stream.read(10) is not None
        results(process, is_empty)


# --- The unit ---


def test_the_unit_is_one_and_runs_as_petcam(folder):
    unit = FILES["my-detector.service"]
    for line in ("User=petcam", "Group=petcam", "Environment=PYTHONPATH=/usr/lib/petcam"):
        assert f"\n{line}\n" in unit
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    program = re.search(r"ExecStart=(.*)", unit)[1]
    (folder / "my-detector.service").write_text(unit.replace(program, sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(folder / "my-detector.service")]
    verified = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert "my-detector.service" not in verified.stdout + verified.stderr, verified.stderr
