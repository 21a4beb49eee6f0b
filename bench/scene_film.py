"""A scene as H.264, encoded once and then kept in ``build/scenes``: what a detector gets, and the truth beside it."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bench.pet_scenes import Scene, pictures
from bench.sprite import Placed
from petcam.feed.demo import HEIGHT, WIDTH
from petcam.shm.stream import AccessUnit

BENCH = Path(__file__).resolve().parent
FOLDER = BENCH.parent / "build" / "scenes"
DRAWN_BY = ("light", "pet_outlines", "pet_pictures", "pet_scenes", "pet_walk", "room_changes", "rooms", "sprite")
BIT_RATE = 2_000_000
KEYFRAME_BITS = 400_000  # at most, where there are so few pictures a second that each is a keyframe
FIRST_NS = 1_000_000_000_000  # capture time of the first picture


@dataclass(frozen=True)
class Film:
    """``truth`` has one list for each unit: who is in that picture."""

    scene: Scene
    units: list[AccessUnit]
    truth: list[list[Placed]]


def film(scene: Scene) -> Film:
    """Raises :class:`LookupError` where a photograph cannot be had."""
    path = FOLDER / f"{scene.name.replace(' ', '-')}-{_key(scene)}.scene"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            units, truth = [], []
            for data, keyframe in encoded(_noting(pictures(scene), truth), Fraction(scene.fps), scene.gop):
                file.write(data)
                units.append((len(data), keyframe))
            file.write(end := json.dumps([units, truth]).encode())
            file.write(len(end).to_bytes(8, "big"))
        unfinished.rename(path)
    return _read(scene, path.read_bytes())


def _key(scene: Scene) -> str:
    """Changes with the scene, with whatever draws it and with how it is encoded."""
    sources = [path.read_bytes() for name in DRAWN_BY for path in sorted(BENCH.glob(f"{name}.*"))]
    plan = json.dumps([asdict(scene), _options(1, _bit_rate(Fraction(scene.fps)) // 1000)]).encode()
    return hashlib.sha256(plan + b"".join(sources)).hexdigest()[:12]


def _noting(drawn: Iterator[tuple[Any, list[Placed]]], truth: list[list[Placed]]) -> Iterator[Any]:
    for picture, placed in drawn:
        truth.append(placed)
        yield picture


def encoded(pictures: Iterable[Any], fps: Fraction, gop: float) -> Iterator[tuple[bytes, bool]]:
    """The access unit of each picture (I420, uint8 of shape (height * 3 / 2, width)), and whether it is a keyframe;
    one each ``gop`` seconds."""
    encoder = None
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        encoder = encoder or _encoder(frame.width, frame.height, fps, gop)
        frame.pts, frame.time_base = number, encoder.time_base
        (packet,) = encoder.encode(frame)  # zerolatency: always exactly one
        yield bytes(packet), bool(packet.is_keyframe)


def _encoder(width: int, height: int, fps: Fraction, gop: float) -> Any:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.bit_rate = fps, 1 / fps, _bit_rate(fps)
    encoder.options = _options(max(1, round(fps * gop)), _bit_rate(fps) // 1000)
    return encoder


def _bit_rate(fps: Fraction) -> int:
    return int(min(BIT_RATE, KEYFRAME_BITS * fps))


def _options(interval: int, kilobits: int) -> dict[str, str]:
    """As petcam encodes a camera's pictures: constrained baseline, no delay, a bound on the rate."""
    return {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={interval}:min-keyint={interval}:scenecut=0:bframes=0:repeat-headers=1:annexb=1"
        f":threads=1:rc-lookahead=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits // 2}",
    }


def _read(scene: Scene, data: bytes) -> Film:
    size = int.from_bytes(data[-8:], "big")
    sizes, truth = json.loads(data[-8 - size : -8])
    units, at = [], 0
    for number, (length, keyframe) in enumerate(sizes):
        units.append(unit(number, Fraction(scene.fps), keyframe, (WIDTH, HEIGHT), data[at : at + length]))
        at += length
    return Film(scene, units, [[Placed(*each) for each in placed] for placed in truth])


def unit(number: int, fps: Fraction, keyframe: bool, size: tuple[int, int], data: bytes) -> AccessUnit:
    capture_ns = FIRST_NS + int(number * 1_000_000_000 / fps)
    return AccessUnit(1, number, number, capture_ns, capture_ns, keyframe, False, *size, data)


def decoded(units: list[AccessUnit]) -> Iterator[Any]:
    """The pictures as red, green, blue: for those who want to look at a scene."""
    decoder = av.CodecContext.create("h264", "r")
    for unit in units:
        for frame in decoder.decode(av.Packet(unit.data)):
            yield frame.to_ndarray(format="rgb24")
