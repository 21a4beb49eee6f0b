"""One picture or film looked at for a person: what is found, how sure, how long it takes, and a picture of it."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from petcam.detect.area import WHOLE, Area
from petcam.detect.model import Found, Model
from petcam.detect.pictures import Cutter, DecodedFrame
from petcam.detect.squares import Picture
from petcam.detect.tracks import area_of, without_doubles
from petcam.detect.watcher import Watcher
from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.media.draw_boxes import draw_boxes
from petcam.shm.detections import Box

MAX_PIXELS = 64_000_000  # of a picture that is opened at all
IMAGES = ("image2", "gif")  # and what FFmpeg calls png_pipe and the like


class Sighting(NamedTuple):
    seconds: float  # into the film
    boxes: list[Box]  # pixels of the picture
    look_seconds: float  # that the look took; 0: none was needed
    frame: Any  # av.VideoFrame


def sightings(file: Path, model: Model, min_score: float, max_fps: float) -> Iterator[Sighting]:
    """Of a picture one, of a film one for each that is looked at. Raises ``BAD_SOURCE``, ``UNSUPPORTED``."""
    av = pyav.load("looking at a file")
    try:
        with av.open(str(file)) as container:
            if not container.streams.video:
                raise PetcamError(Code.BAD_SOURCE, f"{file}: there is no picture in it")
            stream = container.streams.video[0]
            context = stream.codec_context
            if context.width * context.height > MAX_PIXELS:
                raise PetcamError(Code.UNSUPPORTED, f"{file}: {context.width}x{context.height} pixels are too many")
            frames = container.decode(stream)
            if container.format.name in IMAGES or container.format.name.endswith("_pipe"):
                yield from (_of_picture(frame, model, min_score) for frame in islice(frames, 1))
            else:
                yield from _of_film(frames, model, min_score, max_fps)
    except (OSError, av.error.FFmpegError) as error:
        raise PetcamError(Code.BAD_SOURCE, f"{file}: cannot be read: {getattr(error, 'strerror', error)}") from error


def _of_picture(frame: Any, model: Model, min_score: float) -> Sighting:
    """Looked at whole, and in parts."""
    seen, began = DecodedFrame(frame, (1, 1), 0, Cutter()), time.perf_counter()
    views = [WHOLE, *Picture(frame.width, frame.height, model.width).tiles()]
    found = []
    for view in dict.fromkeys(views):
        for each in model.find(seen.cut(view, model.width, model.height), min_score):
            found.append((area_of(each).within(view), each))
    took = (time.perf_counter() - began) / len(views)
    boxes = [_box(area, each, frame) for area, each in without_doubles(found)]
    return Sighting(0.0, boxes, took, frame)


def _box(area: Area, found: Found, frame: Any) -> Box:
    left, top = area.left * frame.width, area.top * frame.height
    return Box(found.class_name, found.score, left, top, area.width * frame.width, area.height * frame.height)


def _of_film(frames: Iterator[Any], model: Model, min_score: float, max_fps: float) -> Iterator[Sighting]:
    """As ``petcam detect`` looks at it, so often in a second of the film."""
    watcher, cutter, due = Watcher(model, min_score), Cutter(), 0.0
    for number, frame in enumerate(frames):
        seconds = float(frame.time) if frame.time is not None else number / 25
        if seconds < due:
            continue
        due = seconds + 1 / max_fps
        seen = DecodedFrame(frame, (1, 1), int(seconds * 1e9) + 1, cutter)
        watcher.see(seen)
        began = time.perf_counter()
        looked = watcher.look(seen)
        yield Sighting(seconds, watcher.boxes(seen), time.perf_counter() - began if looked else 0.0, frame)


class Seen(NamedTuple):
    """The boxes of a picture, for drawing."""

    width: int
    height: int
    boxes: list[Box]


def drawn(sighting: Sighting) -> bytes:
    """A JPEG of the picture with its boxes."""
    from petcam.media.jpeg import Encoder, Scaler  # here: PyAV is optional

    frame = Scaler().scale(sighting.frame)
    draw_boxes(frame, Seen(sighting.frame.width, sighting.frame.height, sighting.boxes))
    return Encoder().encode(frame)
