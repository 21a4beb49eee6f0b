"""A stream looked at as fast as it can be, as if at so many looks a second: to try the detector, and to measure it."""

from collections.abc import Iterable
from typing import NamedTuple

from petcam.detect.model import Model
from petcam.detect.sight import Sight
from petcam.detect.watcher import Watcher
from petcam.media.budget import PictureBudget
from petcam.media.decoder import Decoder
from petcam.shm.detections import Box
from petcam.shm.stream import AccessUnit


class Result(NamedTuple):
    capture_ns: int  # of the picture
    publish_ns: int  # when a detector of this speed would have said it
    boxes: list[Box]  # pixels of the picture


def watch(
    units: Iterable[AccessUnit], model: Model, looks_per_second: float = 5.0, min_score: float = 0.4
) -> list[Result]:
    """What ``petcam detect`` would publish of these access units."""
    interval_ns = int(1e9 / looks_per_second)
    watcher, results = Watcher(model, min_score), []
    with Decoder(PictureBudget()) as decoder:
        sight = Sight(decoder, max_share=1.0, used=lambda: 0.0)
        for unit in units:
            sight.add(unit)
            seen = sight.next(interval_ns, watcher.is_busy)
            if seen is not None:
                shown, frame = seen
                watcher.see(frame)
                looked = watcher.look(frame, interval_ns // 2)
                publish_ns = unit.capture_ns + (interval_ns if looked else 0)
                results.append(Result(shown.capture_ns, publish_ns, watcher.boxes(frame)))
    return results
