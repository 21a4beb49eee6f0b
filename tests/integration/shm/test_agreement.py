"""The C header, Python's dtypes, Go's constants and the document's example say the same bytes."""

import ast
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from random import Random

import numpy as np
import pytest

from petcam.segments import check
from petcam.shm import layout, segment
from petcam.shm.audio import AudioReader, AudioWriter
from petcam.shm.detections import DetectionReader, DetectionWriter
from petcam.shm.layout import AUDIO, DETECTIONS, STREAM
from petcam.shm.rdk_x5 import layout as rdk_layout
from tests.integration.shm import stress

HEADER = stress.ROOT / "include" / "petcam_shm.h"
DOCUMENT = stress.ROOT / "docs" / "shm-layout.md"
GO_LAYOUT = stress.ROOT / "streamer" / "internal" / "shm" / "layout.go"
GO_DETECTION_LAYOUT = GO_LAYOUT.parent / "detectionlayout.go"
GO_AUDIO_LAYOUT = GO_LAYOUT.parent / "audiolayout.go"
GO_SOUND = GO_LAYOUT.parents[1] / "sound" / "packet.go"
GO_RDK_LAYOUT = GO_LAYOUT.parent / "rdkx5" / "layout.go"
GO_RDK_DETECTION_LAYOUT = GO_RDK_LAYOUT.parent / "detectionlayout.go"
STRUCTS = {
    "petcam_shm_header": layout.HEADER,
    "petcam_stream_slot": layout.STREAM_SLOT,
    "petcam_box": layout.BOX,
    "petcam_detections_slot": layout.DETECTIONS_SLOT,
    "petcam_audio_slot": layout.AUDIO_SLOT,
}
CONSTANTS = {
    "PETCAM_SHM_ABI_VERSION": layout.ABI_VERSION,
    "PETCAM_SHM_HEADER_SIZE": layout.HEADER_SIZE,
    "PETCAM_SHM_WRITER_NAME": layout.WRITER_NAME,
    "PETCAM_SHM_HEARTBEAT_NS": layout.HEARTBEAT_NS,
    "PETCAM_SHM_STALE_NS": layout.STALE_NS,
    "PETCAM_STREAM_SLOT_COUNT": STREAM.slot_count,
    "PETCAM_STREAM_SLOT_SIZE": STREAM.slot_size,
    "PETCAM_STREAM_DATA_START": STREAM.data_start,
    "PETCAM_STREAM_DATA_CAPACITY": STREAM.data_capacity,
    "PETCAM_STREAM_SEGMENT_SIZE": STREAM.segment_size,
    "PETCAM_STREAM_MAX_DATA": layout.STREAM_MAX_DATA,
    "PETCAM_STREAM_DATA_ALIGN": layout.STREAM_DATA_ALIGN,
    "PETCAM_STREAM_FLAG_KEYFRAME": layout.FLAG_KEYFRAME,
    "PETCAM_STREAM_FLAG_DISCONTINUITY": layout.FLAG_DISCONTINUITY,
    "PETCAM_DETECTIONS_SLOT_COUNT": DETECTIONS.slot_count,
    "PETCAM_DETECTIONS_SLOT_SIZE": DETECTIONS.slot_size,
    "PETCAM_DETECTIONS_SEGMENT_SIZE": DETECTIONS.segment_size,
    "PETCAM_DETECTIONS_MAX_BOXES": layout.MAX_BOXES,
    "PETCAM_CLASS_NAME": layout.CLASS_NAME,
    "PETCAM_AUDIO_SLOT_COUNT": AUDIO.slot_count,
    "PETCAM_AUDIO_SLOT_SIZE": AUDIO.slot_size,
    "PETCAM_AUDIO_DATA_START": AUDIO.data_start,
    "PETCAM_AUDIO_DATA_CAPACITY": AUDIO.data_capacity,
    "PETCAM_AUDIO_SEGMENT_SIZE": AUDIO.segment_size,
    "PETCAM_AUDIO_MAX_DATA": layout.AUDIO_MAX_DATA,
    "PETCAM_AUDIO_DATA_ALIGN": layout.AUDIO_DATA_ALIGN,
    "PETCAM_AUDIO_SAMPLES": layout.AUDIO_SAMPLES,
    "PETCAM_AUDIO_MIN_LEVEL": layout.AUDIO_MIN_LEVEL,
    "PETCAM_AUDIO_FLAG_DISCONTINUITY": layout.FLAG_DISCONTINUITY,
}
# Go has names of its own.
GO_CONSTANTS = {
    "ABIVersion": layout.ABI_VERSION,
    "HeaderSize": layout.HEADER_SIZE,
    "SlotCount": STREAM.slot_count,
    "SlotSize": STREAM.slot_size,
    "DataStart": STREAM.data_start,
    "DataCapacity": STREAM.data_capacity,
    "SegmentSize": STREAM.segment_size,
    "MaxData": layout.STREAM_MAX_DATA,
    "DataAlign": layout.STREAM_DATA_ALIGN,
    "MagicStream": STREAM.magic.decode() + "\0",
    "WriterNameSize": layout.WRITER_NAME,
    "HeartbeatNS": layout.HEARTBEAT_NS,
    "StaleNS": layout.STALE_NS,
    "FlagKeyframe": layout.FLAG_KEYFRAME,
    "FlagDiscontinuity": layout.FLAG_DISCONTINUITY,
}
GO_FIELDS = {"Heartbeat": "heartbeat_ns", "Capture": "capture_ns", "Publish": "publish_ns"}

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def fields(dtype):
    """(field, offset, size) of a dtype, in order."""
    return [(name, offset, field.itemsize) for name, (field, offset, *_) in dtype.fields.items()]


@needs_gcc
def test_every_offset_size_and_constant_of_the_header_is_pythons(tmp_path):
    lines = [f'#include <stdio.h>\n#include "{HEADER.name}"\nint main(void) {{']
    for struct, dtype in STRUCTS.items():
        lines.append(f'printf("{struct} %zu\\n", sizeof(struct {struct}));')
        for field, _, _ in fields(dtype):
            of = f"offsetof(struct {struct}, {field}), sizeof(((struct {struct} *)0)->{field})"
            lines.append(f'printf("{struct}.{field} %zu %zu\\n", {of});')
    lines += [f'printf("{name} %lld\\n", (long long){name});' for name in CONSTANTS]
    lines += ['puts(PETCAM_SHM_MAGIC_STREAM " " PETCAM_SHM_MAGIC_DETECTIONS " " PETCAM_SHM_MAGIC_AUDIO); return 0; }']
    (tmp_path / "print.c").write_text("\n".join(lines))
    program = stress.compile_c(tmp_path / "print.c", tmp_path / "print")
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()

    wanted = []
    for struct, dtype in STRUCTS.items():
        wanted.append(f"{struct} {dtype.itemsize}")
        wanted += [f"{struct}.{field} {offset} {size}" for field, offset, size in fields(dtype)]
    wanted += [f"{name} {value}" for name, value in CONSTANTS.items()]
    assert printed == [*wanted, "PETCAMS PETCAMD PETCAMA"]


def test_no_constant_of_the_header_was_forgotten_here():
    defined = set(re.findall(r"^#define (PETCAM_\w+)[ \t]+\S", HEADER.read_text(), re.MULTILINE))
    assert defined - set(CONSTANTS) == {
        "PETCAM_SHM_MAGIC_STREAM",
        "PETCAM_SHM_MAGIC_DETECTIONS",
        "PETCAM_SHM_MAGIC_AUDIO",
    }


def test_no_field_of_the_header_was_forgotten_here():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    for struct, dtype in STRUCTS.items():
        body = re.search(rf"struct {struct} {{(.*?)}};", text, re.DOTALL)[1]
        names = re.findall(r"(\w+)(?:\[\w+\])?\s*[,;]", body)
        assert names == list(dtype.names)


def go_constants(file=GO_LAYOUT, known=None):
    """The constants of a Go file, computed; ``known`` are those of other files that it uses."""
    source = re.sub(r"//.*", "", file.read_text())
    found = dict(known or {})
    pending = dict(re.findall(r"^\s*([A-Z]\w+)\s+=\s+(.+?)\s*$", source, re.MULTILINE))
    while pending:
        name, text = next((n, t) for n, t in pending.items() if not set(re.findall(r"[A-Z]\w+", t)) & set(pending))
        code = compile(ast.parse(text, mode="eval"), str(GO_LAYOUT), "eval")
        found[name] = eval(code, {"__builtins__": {}}, dict(found))
        del pending[name]
    return found


@pytest.mark.skipif(not GO_LAYOUT.exists(), reason="the streamer's source is not here")
def test_every_constant_and_offset_of_go_is_pythons():
    found = go_constants()
    offsets = {name: value for name, value in found.items() if name.startswith("Offset")}
    assert {name: value for name, value in found.items() if name not in offsets} == GO_CONSTANTS

    ours = {
        name.replace("_", ""): offset
        for dtype in (layout.HEADER, layout.STREAM_SLOT)
        for name, offset, _ in fields(dtype)
    }
    for name, value in offsets.items():
        field = GO_FIELDS.get(name.removeprefix("Offset"), name.removeprefix("Offset"))
        assert ours[field.lower().replace("_", "")] == value, name


@pytest.mark.skipif(not GO_LAYOUT.exists(), reason="the streamer's source is not here")
def test_go_and_python_read_the_same_older_ring():
    offset = {name: value for name, (_, value, *_) in rdk_layout.FRAME.fields.items()}
    assert go_constants(GO_RDK_LAYOUT) == {
        "Slots": rdk_layout.SLOTS,
        "MaxData": rdk_layout.MAX_DATA,
        "SlotsStart": rdk_layout.STREAM.fields["frames"][1],
        "FrameSize": rdk_layout.FRAME.itemsize,
        "Size": rdk_layout.STREAM.itemsize,
        "FormatH264": rdk_layout.H264,
        "OffsetFrameNumber": offset["frame_number"],
        "OffsetSeconds": offset["tv_sec"],
        "OffsetNanoseconds": offset["tv_nsec"],
        "OffsetWidth": offset["width"],
        "OffsetHeight": offset["height"],
        "OffsetFormat": offset["format"],
        "OffsetDataSize": offset["data_size"],
        "OffsetData": offset["data"],
    }


@pytest.mark.skipif(not GO_LAYOUT.exists(), reason="the streamer's source is not here")
def test_go_and_python_read_the_same_detections():
    slot = {name: offset for name, offset, _ in fields(layout.DETECTIONS_SLOT)}
    box = {name: offset for name, offset, _ in fields(layout.BOX)}
    known = {"HeaderSize": layout.HEADER_SIZE}
    assert go_constants(GO_DETECTION_LAYOUT, known) == known | {
        "MagicDetections": DETECTIONS.magic.decode() + "\0",
        "DetectionSlotCount": DETECTIONS.slot_count,
        "DetectionSlotSize": DETECTIONS.slot_size,
        "DetectionSegmentSize": DETECTIONS.segment_size,
        "MaxBoxes": layout.MAX_BOXES,
        "ClassNameSize": layout.CLASS_NAME,
        "BoxSize": layout.BOX.itemsize,
        "OffsetPictureWidth": slot["width"],
        "OffsetPictureHeight": slot["height"],
        "OffsetBoxCount": slot["count"],
        "OffsetBoxes": slot["boxes"],
        "OffsetDetectionCRC": slot["slot_crc"],
        "OffsetConfidence": box["confidence"],
        "OffsetX": box["x"],
        "OffsetY": box["y"],
        "OffsetW": box["w"],
        "OffsetH": box["h"],
    }
    for name in ("sequence", "frame_number", "capture_ns", "publish_ns"):  # Go has one constant for both kinds
        assert slot[name] == layout.STREAM_SLOT.fields[name][1]


@pytest.mark.skipif(not GO_LAYOUT.exists(), reason="the streamer's source is not here")
def test_go_and_python_read_the_same_sound():
    slot = {name: offset for name, offset, _ in fields(layout.AUDIO_SLOT)}
    known = {"HeaderSize": layout.HEADER_SIZE}
    assert go_constants(GO_AUDIO_LAYOUT, known) == known | {
        "MagicAudio": AUDIO.magic.decode() + "\0",
        "AudioSlotCount": AUDIO.slot_count,
        "AudioSlotSize": AUDIO.slot_size,
        "AudioDataStart": AUDIO.data_start,
        "AudioDataCapacity": AUDIO.data_capacity,
        "AudioSegmentSize": AUDIO.segment_size,
        "AudioMaxData": layout.AUDIO_MAX_DATA,
        "AudioDataAlign": layout.AUDIO_DATA_ALIGN,
        "AudioSamples": layout.AUDIO_SAMPLES,
        "AudioMinLevel": layout.AUDIO_MIN_LEVEL,
        "OffsetSamples": slot["samples"],
        "OffsetRMS": slot["rms"],
        "OffsetPeak": slot["peak"],
        "OffsetAudioDataCRC": slot["data_crc"],
        "OffsetAudioSlotCRC": slot["slot_crc"],
    }
    stream = layout.STREAM_SLOT.fields
    for name in ("sequence", "capture_ns", "publish_ns", "data_position", "data_size", "flags"):
        assert slot[name] == stream[name][1]  # Go has one constant for both kinds
    assert slot["packet_number"] == stream["frame_number"][1]
    packet = dict(re.findall(r"^\s*(\w+)\s+= ([\d_]+)$", GO_SOUND.read_text(), re.MULTILINE))
    assert {name: int(value) for name, value in packet.items()} == {
        "Rate": 48_000,
        "MaxBytes": layout.AUDIO_MAX_DATA,
        "PacketNS": layout.AUDIO_SAMPLES * 10**9 // 48_000,
    }


@pytest.mark.skipif(not GO_LAYOUT.exists(), reason="the streamer's source is not here")
def test_go_and_python_read_the_same_older_detections():
    first, second = rdk_layout.DETECTIONS_1, rdk_layout.DETECTIONS_2
    offset = {name: value for name, value, _ in fields(first)}
    box = {name: value for name, value, _ in fields(rdk_layout.DETECTION)}
    assert go_constants(GO_RDK_DETECTION_LAYOUT) == {
        "DetectionsSize": first.itemsize,
        "ShorterBy": first.itemsize - second.itemsize,
        "OffsetResultNumber": offset["frame_number"],
        "OffsetTime": offset["tv_sec"],
        "OffsetCount": offset["num_detections"],
        "OffsetDetections": offset["detections"],
        "OffsetVersion": offset["version"],
        "MaxDetections": rdk_layout.MAX_DETECTIONS,
        "DetectionSize": rdk_layout.DETECTION.itemsize,
        "PictureWidth": rdk_layout.DETECTOR_PICTURE[0],
        "PictureHeight": rdk_layout.DETECTOR_PICTURE[1],
        "ClassNameSize": box["confidence"],
        "OffsetConfidence": box["confidence"],
        "OffsetX": box["x"],
        "OffsetY": box["y"],
        "OffsetW": box["w"],
        "OffsetH": box["h"],
    }
    sooner = first.itemsize - second.itemsize
    assert [value for _, value, _ in fields(second)][2:] == [value - sooner for _, value, _ in fields(first)][3:]


def test_go_reads_what_pythons_writer_published(go_reader, name):
    random = Random(20)
    classes = ["cat", "いぬ", 'a "quoted" name', "\x01\x7f", "猫" * 10, "x" * 32]
    published = []
    with (
        DetectionWriter(name) as writer,
        stress.reading([stress.Reader("detections-print", name, 0, 0, [go_reader])]) as [go],
    ):
        for number in range(40):
            boxes = [
                (random.choice(classes), random.random(), random.uniform(-50, 600), random.uniform(-50, 400), *size)
                for size in [(random.uniform(51, 700), random.uniform(51, 500))] * (number % 33)
            ]
            frame = stress.FRAME._replace(frame_number=number, capture_ns=2**62 + number)
            with DetectionReader(name) as reader:
                writer.publish(frame, boxes)
                published.append(reader.read(10))
        found = [json.loads(go.await_line("{")) for _ in published]
    for theirs, ours in zip(found, published, strict=True):
        about = ("Epoch", "Record", "FrameNumber", "CaptureNS", "PublishNS", "Width", "Height")
        assert tuple(theirs[key] for key in about) == ours[:7]
        boxes = [tuple(box.values()) for box in theirs["Boxes"] or []]
        assert boxes == [(box[0], *(pytest.approx(number, rel=1e-6) for number in box[1:])) for box in ours.boxes]


def test_go_reads_what_pythons_audio_writer_published(go_reader, name):
    random = Random(21)
    with (
        AudioWriter(name) as writer,
        AudioReader(name) as reader,
        stress.reading([stress.Reader("audio-print", name, 0, 1275, [go_reader])]) as [go],
    ):
        assert reader.read(0) is None  # it came first, as Go's does that begins at the oldest
        published = []
        for number in range(1, 60):
            data = bytes([random.choice([0xF8, 0xFC, 0x48, 0xF1])]) + random.randbytes(random.randrange(1275))
            levels = {"rms_db": -random.random() * 96, "peak_db": -random.random() * 96}
            stamp = {"capture_ns": number**3, "packet_number": 2**63 + number, "discontinuity": number % 9 == 0}
            writer.publish(data, **levels, **stamp)
            published.append(reader.read(10))
        found = [json.loads(go.await_line("{")) for _ in published]
    for theirs, ours in zip(found, published, strict=True):
        about = ("Epoch", "Record", "Number", "CaptureNS", "PublishNS", "Samples")
        assert tuple(theirs[key] for key in about) == ours[:6]
        assert (theirs["RMS"], theirs["Peak"]) == (pytest.approx(ours.rms_db), pytest.approx(ours.peak_db))
        assert (theirs["Gap"], base64.b64decode(theirs["Data"])) == (ours.discontinuity, ours.data)


def test_the_documents_tables_are_pythons_dtypes():
    rows = re.findall(r"^\| (\d+) \| ([\w\[\]]+) \| (\w+) \|", DOCUMENT.read_text(), re.MULTILINE)
    wanted = []
    for dtype in (layout.HEADER, layout.STREAM_SLOT, layout.DETECTIONS_SLOT, layout.AUDIO_SLOT):
        wanted += [(str(offset), name) for name, offset, _ in fields(dtype)]
    assert [(offset, name) for offset, _, name in rows] == wanted


SAME_IN_ALL = "/* Up to here all writers are the same. */"


@pytest.fixture
def examples(tmp_path):
    """The document's writers as programs, by kind; its stream function has to compile as well."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    detector, unit, sound = re.findall(r"```c\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    same = detector[: detector.index(SAME_IN_ALL)]
    unused = unit.replace("static void publish_unit", "__attribute__((unused)) static void publish_unit")
    made = {}
    for name, text in {"both": detector + unused, "detections": detector, "audio": same + sound}.items():
        (tmp_path / f"{name}.c").write_text(text)
        made[name] = [stress.compile_c(tmp_path / f"{name}.c", tmp_path / name)]
    return made


@contextlib.contextmanager
def running(words):
    process = subprocess.Popen(words, env=stress.environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_documents_detector_keeps_the_contract(examples, name):
    with running([*examples["detections"], name]) as process, DetectionReader(name) as reader:
        found = [reader.read(10) for _ in range(6)]
        report = check.watch(name, DETECTIONS, 0.5)
        process.terminate()
        assert process.wait() == 0
        assert segment.open_segment(name, DETECTIONS) is None
    assert [len(result.boxes) for result in found if result.frame_number % 5 == 4] == [0]
    assert found[0].boxes[0].class_name == "cat"
    assert report.broken == {}
    assert report.records > 0


@pytest.mark.parametrize("language", ["c", "python"])
def test_the_documents_microphone_keeps_the_contract(request, name, language, tmp_path):
    if language == "c":
        words = [*request.getfixturevalue("examples")["audio"], name]
    else:
        [text] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
        assert len(text.splitlines()) <= 10
        words = [sys.executable, "-c", text.replace("/petcam_audio", name)]
    with running(words) as process, AudioReader(name) as reader:
        found = [reader.read(30) for _ in range(3)]
        report = check.watch(name, AUDIO, 0.5)
        process.send_signal(signal.SIGINT)  # as Ctrl-C in a terminal
        process.wait()
        assert segment.open_segment(name, AUDIO) is None
    assert [packet.record for packet in found] == list(range(found[0].record, found[0].record + 3))
    assert found[0][5:] == (960, -96, -96, False, b"\xf8\xff\xfe")
    assert report.broken == {}
    assert report.records > 0


def test_the_documents_detector_refuses_to_be_a_second_writer(examples, name):
    with DetectionWriter(name, writer_name="first"):
        second = subprocess.run([*examples["detections"], name], stderr=subprocess.PIPE, text=True, timeout=30)
    assert second.returncode == 1
    assert second.stderr == f"{name}: process {os.getpid()} is writing it; stop that one first\n"


def test_the_c_stream_writer_gives_the_header_that_python_builds(c_writer, name):
    with stress.CWriter(c_writer, "stream", name, hz=10), closing(segment.open_segment(name, STREAM)) as opened:
        assert opened.header.writer_name == "shm_writer"
        assert np.array_equal(opened.live["reserved3"], np.zeros(3904, np.uint8))
