"""A scene as H.264, encoded once and then kept in ``build/scenes``: what a detector gets, and the truth beside it."""

import hashlib
import json
from collections.abc import Iterator
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
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            units, truth = [], []
            for data, keyframe, placed in _encoded(scene):
                file.write(data)
                units.append((len(data), keyframe))
                truth.append(placed)
            file.write(end := json.dumps([units, truth]).encode())
            file.write(len(end).to_bytes(8, "big"))
        unfinished.rename(path)
    return _read(scene, path.read_bytes())


def _key(scene: Scene) -> str:
    """Changes with the scene and with whatever draws it."""
    sources = [path.read_bytes() for name in (*DRAWN_BY, "scene_film") for path in sorted(BENCH.glob(f"{name}.*"))]
    return hashlib.sha256(json.dumps(asdict(scene)).encode() + b"".join(sources)).hexdigest()[:12]


def _encoded(scene: Scene) -> Iterator[tuple[bytes, bool, list[Placed]]]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate = Fraction(scene.fps)
    encoder.time_base = 1 / encoder.framerate
    encoder.bit_rate = BIT_RATE
    encoder.options = _options(max(1, round(scene.fps * scene.gop)))
    for number, (picture, placed) in enumerate(pictures(scene)):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = number, encoder.time_base
        (packet,) = encoder.encode(frame)  # zerolatency: always exactly one
        yield bytes(packet), bool(packet.is_keyframe), placed


def _options(interval: int) -> dict[str, str]:
    """As a camera's own encoder: constrained baseline, no delay, a bound on the rate."""
    kilobits = BIT_RATE // 1000
    return {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={interval}:min-keyint={interval}:scenecut=0:bframes=0:repeat-headers=1:annexb=1"
        f":threads=1:rc-lookahead=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits}",
    }


def _read(scene: Scene, data: bytes) -> Film:
    size = int.from_bytes(data[-8:], "big")
    sizes, truth = json.loads(data[-8 - size : -8])
    units, at = [], 0
    for number, (length, keyframe) in enumerate(sizes):
        capture_ns = FIRST_NS + number * 1_000_000_000 // scene.fps
        stamp = (1, number, number, capture_ns, capture_ns, keyframe, False, WIDTH, HEIGHT)
        units.append(AccessUnit(*stamp, data[at : at + length]))
        at += length
    return Film(scene, units, [[Placed(*each) for each in placed] for placed in truth])


def decoded(units: list[AccessUnit]) -> Iterator[Any]:
    """The pictures as red, green, blue: for those who want to look at a scene."""
    decoder = av.CodecContext.create("h264", "r")
    for unit in units:
        for frame in decoder.decode(av.Packet(unit.data)):
            yield frame.to_ndarray(format="rgb24")
