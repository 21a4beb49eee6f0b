"""Cameras and microphones of this machine, with devices and lists of the kernel's that tests write."""

import errno
import os
import struct
from pathlib import Path

import pytest

from petcam.discovery import microphones, rpicam_cameras, video_devices
from petcam.system import v4l2

CAMERA = v4l2.Device(
    "HD Webcam C270",
    (
        v4l2.Format("MJPG", (v4l2.Size(1280, 720, 30.0), v4l2.Size(640, 480, 30.0))),
        v4l2.Format("YUYV", (v4l2.Size(640, 480, 0.0),)),
    ),
)
METADATA = v4l2.Device("HD Webcam C270", ())


@pytest.fixture
def system(tmp_path):
    """A machine's /sys, /proc and /dev with ``devices``, by their names in /dev."""

    def make(*devices: str, pcm: str | None = None, cards: str = "") -> Path:
        for name in devices:
            (tmp_path / "sys/class/video4linux" / name).mkdir(parents=True)
        if pcm is not None:
            (tmp_path / "proc/asound").mkdir(parents=True)
            (tmp_path / "proc/asound/pcm").write_text(pcm)
            (tmp_path / "proc/asound/cards").write_text(cards)
        return tmp_path

    return make


def asked(devices: dict[str, v4l2.Device | OSError]):
    def ask(path: str) -> v4l2.Device:
        found = devices[Path(path).name]
        if isinstance(found, OSError):
            raise found
        return found

    return ask


def test_a_usb_camera_is_listed_with_what_it_offers_and_its_line(system):
    found, why = video_devices(system("video1", "video0"), asked({"video0": CAMERA, "video1": METADATA}))
    assert [(each.name, each.source) for each in found] == [("HD Webcam C270 (/dev/video0)", "/dev/video0")]
    assert found[0].details == ("MJPG: 1280×720 30/s, 640×480 30/s", "YUYV: 640×480")
    assert why == ""


def test_many_sizes_are_cut_short(system):
    sizes = tuple(v4l2.Size(1000 - number, 480, 0) for number in range(20))
    device = v4l2.Device("x", (v4l2.Format("YUYV", sizes),))
    found, _ = video_devices(system("video0"), asked({"video0": device}))
    assert found[0].details[0].endswith("and 14 smaller")


def test_devices_are_in_the_order_of_their_numbers(system):
    names = ("video10", "video2")
    found, _ = video_devices(system(*names), asked(dict.fromkeys(names, CAMERA)))
    assert [each.source for each in found] == ["/dev/video2", "/dev/video10"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "only root and the group video may"),
        (errno.EBUSY, "another program has it"),
        (errno.EIO, "error"),
    ],
)
def test_a_device_that_cannot_be_asked_is_named_with_the_reason(system, number, words):
    error = OSError(number, os.strerror(number))
    found, why = video_devices(system("video0", "video1"), asked({"video0": error, "video1": CAMERA}))
    assert len(found) == 1 and "/dev/video0" in why and words in why


def test_where_there_is_no_camera_it_says_so(system):
    assert "the kernel has no such device" in video_devices(system())[1]
    assert "capture no video" in video_devices(system("video0"), asked({"video0": METADATA}))[1]


PCM = """00-00: ALC887-VD Analog : ALC887-VD Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-00: USB Audio : USB Audio : capture 1
"""
CARDS = """ 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 31
 1 [C270           ]: USB-Audio - HD Webcam C270
                      HD Webcam C270 at usb-1, high speed
"""


def test_microphones_are_those_that_record(system):
    found, why = microphones(system(pcm=PCM, cards=CARDS))
    assert [each.name for each in found] == [
        "HDA-Intel - HDA Intel PCH (hw:0,0)",
        "USB-Audio - HD Webcam C270 (hw:1,0)",
    ]
    assert [each.source for each in found] == ["plughw:CARD=PCH,DEV=0", "plughw:CARD=C270,DEV=0"] and why == ""
    assert {each.key for each in found} == {"microphone"}


def test_a_microphone_of_a_card_without_a_word_is_named_by_its_number(system):
    (_, found), _ = microphones(system(pcm=PCM, cards=CARDS.replace("C270", "\N{BELL}")))
    assert found.source == "plughw:1,0"


def test_where_there_is_no_microphone_it_says_so(system):
    assert "the kernel has no sound" in microphones(system())[1]
    assert (
        microphones(system(pcm="00-03: HDMI 0 : HDMI 0 : playback 1\n"))[1] == "no sound card of this machine records"
    )


LIST = """Available cameras
-----------------
0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
1 : ov5647 [2592x1944 10-bit GBRG] (/base/soc/i2c0mux/i2c@2/ov5647@36)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    def make(output: str, name: str = "rpicam-hello") -> None:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{output}END\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


@pytest.mark.parametrize("name", ["rpicam-hello", "libcamera-hello"])
def test_a_raspberry_pis_cameras_are_listed_by_its_program(program, name):
    program(LIST, name)
    found, _ = rpicam_cameras()
    assert [each.source for each in found] == ["rpicam", ""]
    assert found[0].name == "imx219 [3280x2464 10-bit RGGB] (rpicam)"


def test_a_raspberry_pi_without_a_camera_is_told_so(program):
    program("No cameras available!\n")
    assert "sees no camera" in rpicam_cameras()[1]


def test_elsewhere_the_program_is_not_there(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    found, why = rpicam_cameras()
    assert found == [] and "only Raspberry Pi OS has them" in why


class Driver:
    """Answers as a driver of the kernel's does: what it does not know ends with EINVAL."""

    def __init__(self, able: int = v4l2.CAN_CAPTURE, endless: bool = False) -> None:
        self.able, self.endless = able, endless

    def __call__(self, fd: int, request: int, argument: bytes) -> bytes:
        assert len(argument) == request >> 16 & 0x3FFF  # as the number of the request says
        if request == v4l2.QUERY_CAPABILITIES:
            able = self.able | v4l2.HAS_DEVICE_CAPABILITIES
            return struct.pack("16s32s32s6I", b"uvcvideo", b"Cam\x1b[2J", b"usb", 0, able, self.able, 0, 0, 0)
        if request == v4l2.ENUMERATE_FORMATS:
            return self._format(argument)
        return self._size(argument) if request == v4l2.ENUMERATE_SIZES else self._interval(argument)

    def _format(self, argument: bytes) -> bytes:
        index, kind = struct.unpack_from("2I", argument)
        if index > 1 and not self.endless:
            raise OSError(errno.EINVAL, "Invalid argument")
        return struct.pack("3I32s4s4I", index, kind, 0, b"", (b"MJPG", b"YUYV")[index % 2], 0, 0, 0, 0)

    def _size(self, argument: bytes) -> bytes:
        index, fourcc = struct.unpack_from("2I", argument)
        sizes = ((640, 480), (1280, 720)) if fourcc == int.from_bytes(b"MJPG", "little") else ()
        if index < len(sizes):
            return struct.pack("11I", index, fourcc, 1, *sizes[index], 0, 0, 0, 0, 0, 0)
        if index == 0:
            return struct.pack("11I", 0, fourcc, 3, 16, 1920, 16, 16, 1080, 16, 0, 0)  # a range, in steps
        raise OSError(errno.EINVAL, "Invalid argument")

    def _interval(self, argument: bytes) -> bytes:
        index, *size = struct.unpack_from("4I", argument)
        if index > 1:
            raise OSError(errno.EINVAL, "Invalid argument")
        return struct.pack("13I", index, *size, 1, 1, (15, 30)[index], 0, 0, 0, 0, 0, 0)


def test_a_device_says_what_it_offers():
    device = v4l2.device("/dev/null", Driver())
    assert device.name == "Cam[2J"
    mjpg, yuyv = device.formats
    assert (mjpg.name, mjpg.sizes) == ("MJPG", (v4l2.Size(1280, 720, 30.0), v4l2.Size(640, 480, 30.0)))
    assert yuyv.sizes == (v4l2.Size(1920, 1080, 30.0),)


def test_a_device_that_captures_nothing_has_no_formats():
    assert v4l2.device("/dev/null", Driver(able=0x00800000)).formats == ()


def test_a_driver_whose_lists_have_no_end_is_asked_no_further():
    assert len(v4l2.device("/dev/null", Driver(endless=True)).formats) == v4l2.MAX_ENTRIES


def test_what_is_no_v4l2_device_is_an_error():
    with pytest.raises(OSError):
        v4l2.device("/dev/null")
    assert v4l2.formats("/dev/null") == []
