"""``petcam detect``: look for pets in the video of the shared memory until SIGTERM or Ctrl-C; or try it on a file."""

import argparse
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from petcam.access import CameraSwitch, place_of, state_directory
from petcam.config import Config
from petcam.detect.wanted import wanted
from petcam.errors import Code, PetcamError
from petcam.media import pyav
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog, keep_trying

DRAWN = Path("detected.jpg")
OFF = "the camera is off"
NICENESS = 10  # behind all that somebody waits for

log = logging.getLogger("petcam.detect")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--try",
        dest="tried",
        type=Path,
        metavar="FILE",
        help="write nothing into the shared memory: look at a picture or a film, and say what is in it",
    )
    parser.add_argument(
        "--picture",
        type=Path,
        default=DRAWN,
        metavar="FILE",
        help="with --try: where to write the picture with the surest boxes drawn, default %(default)s",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="with --try: an ONNX file, default detect.model")


def run(args: argparse.Namespace, config: Config) -> int:
    """Until a signal. Raises ``BAD_CONFIG`` where nothing is to be looked for, ``UNSUPPORTED`` without PyAV."""
    # Before numpy is loaded: its library of matrices starts its threads then.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(config.detect.threads))
    pyav.load("looking for pets")
    if args.tried:
        return _try(args, config)
    found = wanted(config)
    if found.model is None:
        raise PetcamError(Code.BAD_CONFIG, f"nothing to do: {found.reason}")
    with suppress(OSError):  # a sandbox may forbid it, whose unit says it then
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    return _watch(found.model, config)


def _watch(file: Path, config: Config) -> int:
    from petcam.detect.detector import Detector
    from petcam.detect.model import load_model
    from petcam.detect.share import Share
    from petcam.detect.sight import Sight
    from petcam.detect.watcher import Watcher
    from petcam.media.budget import PictureBudget
    from petcam.media.decoder import Decoder
    from petcam.shm.detections import DetectionWriter
    from petcam.shm.stream import StreamReader

    camera, detect = config.camera, config.detect
    model = load_model(file, threads=detect.threads, classes=detect.classes)
    watcher = Watcher(model, detect.min_score)
    switch = CameraSwitch(state_directory(), place=place_of(state_directory()))
    with Signals() as signals:
        make_writer = lambda: DetectionWriter(camera.detections, writer_name="petcam detect")  # noqa: E731
        writer = keep_trying(make_writer, signals, Code.CONFLICT)
        if writer is None:
            return 0
        with writer, StreamReader(camera.stream) as reader, Decoder(PictureBudget()) as decoder:
            reader.gate = switch.gate
            sight = Sight(decoder, detect.cpu_share / 2)
            detector = Detector(reader, writer, watcher, sight, Share(detect.cpu_share), detect.max_fps)
            log.info("%s → %s by %s", camera.stream, camera.detections, model.name)
            watchdog, beat_at = Watchdog({}), 0.0
            watchdog.ready(_status(detector.status, switch))
            while signals.wait(detector.pause()) is None:
                detector.step()
                if time.monotonic() >= beat_at:
                    watchdog.beat(_status(detector.status, switch))
                    beat_at = time.monotonic() + watchdog.interval
            watchdog.stopping()
    return 0


def _try(args: argparse.Namespace, config: Config) -> int:
    from petcam.detect import trial
    from petcam.detect.model import load_model
    from petcam.system.assets import model_file

    detect = config.detect
    file = args.model or (Path(detect.model) if detect.model.startswith("/") else model_file())
    if file is None:
        remedy = "install the package petcam-model-pets (in a checkout: make model), or name one with --model"
        raise PetcamError(Code.BAD_CONFIG, f"there is no model: {remedy}")
    model = load_model(file, threads=detect.threads, classes=detect.classes)
    print(model.name)
    best, said, looks, took = None, "", 0, 0.0
    for sighting in trial.sightings(args.tried, model, detect.min_score, detect.max_fps):
        looks, took = looks + int(sighting.look_seconds > 0), took + sighting.look_seconds
        names = ", ".join(
            f"{box.class_name} {box.confidence:.2f} at {box.x:.0f},{box.y:.0f} {box.w:.0f}x{box.h:.0f}"
            for box in sighting.boxes
        )
        what = ", ".join(sorted(box.class_name for box in sighting.boxes))
        if what != said or (best is None and not names):
            print(f"{sighting.seconds:7.1f} s  {names or 'nothing'}", flush=True)
        said = what
        if best is None or _score(sighting) > _score(best):
            best = sighting
    if best is None:
        raise PetcamError(Code.BAD_SOURCE, f"{args.tried}: there is no picture in it")
    args.picture.write_bytes(trial.drawn(best))
    print(f"{looks} looks of {1000 * took / max(looks, 1):.0f} ms; {args.picture} shows {best.seconds:.1f} s")
    return 0


def _score(sighting: "trial.Sighting") -> float:  # type: ignore[name-defined]  # noqa: F821
    return max((box.confidence for box in sighting.boxes), default=0.0)


def _status(seen: str, switch: CameraSwitch) -> str:
    return seen if switch.is_on() else OFF
