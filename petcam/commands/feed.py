"""``petcam feed [SOURCE]``: write a source into the shared memory until SIGTERM or Ctrl-C."""

import argparse
import logging
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from petcam.access import CameraSwitch, SoundSwitch, place_of, state_directory
from petcam.commands import probe
from petcam.config import Camera, Config
from petcam.errors import Code, PetcamError
from petcam.feed import sources
from petcam.feed.feeder import Feeder
from petcam.feed.hearing import Ear, Microphone, SoundSource
from petcam.feed.source import Source
from petcam.shm.audio import AudioWriter
from petcam.shm.detections import DetectionWriter
from petcam.shm.stream import StreamWriter
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog

WRITER = "petcam feed"
SOUND_MARK = "; sound: "  # in the status, behind which is the ear's
CHECK_INTERVAL_SECONDS = 0.25  # the end of the source, and that the camera was turned off, are noticed this late
OFF = "the camera is off"

log = logging.getLogger("petcam.feed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="?", metavar="SOURCE", help=f"{sources.POSSIBLE}; default camera.source")
    parser.add_argument(
        "--detector-delay-ms",
        type=_milliseconds,
        default=40,
        metavar="N",
        help="demo: how long after a frame its boxes are published, 0 to 5000, default %(default)s",
    )
    parser.add_argument(
        "--detector-every",
        type=_frames,
        default=1,
        metavar="N",
        help="demo: the detector looks at every Nth frame, 1 to 30, default %(default)s",
    )
    parser.add_argument("--no-detector", action="store_true", help="demo: leave the boxes to a detector of yours")
    parser.add_argument("--restless", action="store_true", help="demo: a cat that never sleeps and is back in seconds")
    parser.add_argument(
        "--probe",
        action="store_true",
        help=f"write nothing; watch SOURCE for {probe.SECONDS:g} s and say what it is, and which setting to change",
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Feed until a signal, or until the source has ended for good (standard input). Returns 0; a probe says more."""
    if args.probe:
        return probe.run(_chosen_source(args, config.camera))
    if not (args.source or config.camera.source) and config.camera.hears_alone:
        microphone = Microphone(config.camera.microphone)
        return _serve(config.camera, lambda stack: _hearing(stack, microphone, config.camera))
    demo = args.detector_delay_ms, args.detector_every, args.restless
    # A detector that was named looks at the demo, too; only one may write its boxes.
    others = args.no_detector or config.detect.model.startswith("/")
    detections = None if others else config.camera.detections
    source = sources.find(_chosen_source(args, config.camera), detections, *demo)
    if args.source:  # a person named it, and need not be kept waiting; what the service plays may be mended meanwhile
        sources.require_picture(source)
    return _serve(config.camera, lambda stack: _feeding(stack, source, config.camera))


@dataclass(frozen=True)
class _Fed:
    """What feeds, from ``begin`` to the end of its stack."""

    is_alive: Callable[[], bool]
    status: Callable[[], str]
    failure: Callable[[], PetcamError | None] = lambda: None
    is_left: Callable[[], bool] = lambda: False  # whether something hangs on after the stack's end


Begin = Callable[[ExitStack], _Fed]


def _serve(camera: Camera, begin: Begin) -> int:
    """Feed while the camera is on, until a signal, or until what feeds has ended by itself."""
    switch = CameraSwitch(state_directory(), place=place_of(state_directory()))
    watchdog = Watchdog({})
    with Signals() as signals:
        while signals.wait(0) is None:
            if not switch.is_on():
                _remove_left(camera)
                if _rest(switch, signals, watchdog):
                    break
                continue
            with ExitStack() as stack:
                fed = begin(stack)
                is_over = _watch(fed, switch, signals, watchdog)
            failure = fed.failure()
            if failure is not None:
                raise failure
            if fed.is_left():  # it may still have the camera open
                _leave()
            if is_over:
                break
        watchdog.stopping()
    return 0


def _remove_left(camera: Camera) -> None:
    """The segments of a feed that was killed: nobody is to find its last pictures while the camera is off."""
    segments = (camera.stream, StreamWriter), (camera.audio, AudioWriter), (camera.detections, DetectionWriter)
    for name, make in segments:
        if Path(f"/dev/shm{name}").exists():
            with suppress(PetcamError), make(name, writer_name=WRITER):  # else a writer lives
                pass


def _feeding(stack: ExitStack, source: Source, camera: Camera) -> _Fed:
    writer = stack.enter_context(StreamWriter(camera.stream, writer_name=WRITER))
    feeder, ear = Feeder(source, writer), _ear(source, camera)
    stack.callback(feeder.stop)
    feeder.start()
    log.info("%s → %s", source.name, camera.stream)
    if ear is not None:
        stack.callback(ear.stop)
        ear.start()
    return _Fed(
        is_alive=lambda: feeder.alive,
        status=lambda: _status(feeder, ear),
        failure=lambda: feeder.failure,
        is_left=lambda: feeder.alive or (ear is not None and ear.alive),
    )


def _hearing(stack: ExitStack, microphone: Microphone, camera: Camera) -> _Fed:
    """Sound alone, where another daemon writes the pictures."""
    ear = _made_ear(microphone, camera)
    stack.callback(ear.stop)
    ear.start()
    status = lambda: f"no source of pictures{SOUND_MARK}{ear.status}"  # noqa: E731
    return _Fed(is_alive=lambda: ear.alive, status=status, is_left=lambda: ear.alive)


def _ear(source: Source, camera: Camera) -> Ear | None:
    """None: nothing is to be heard."""
    if not camera.microphone:
        return None
    return _made_ear(Microphone(camera.microphone) if camera.hears_alone else sources.sound_of(source), camera)


def _made_ear(sound: SoundSource, camera: Camera) -> Ear:
    switch = SoundSwitch(state_directory(), place=place_of(state_directory()))
    return Ear(sound, partial(AudioWriter, camera.audio, writer_name=WRITER), switch.is_on)


def _leave() -> None:
    """End the process as it is: FFmpeg, hanging, calls back into Python, and must not while that is taken down."""
    logging.shutdown()
    os._exit(0)


def _chosen_source(args: argparse.Namespace, camera: Camera) -> str:
    if camera.layout != "petcam":
        message = f"camera.layout is {camera.layout}: the board's own daemons write that; petcam feed is for petcam"
        raise PetcamError(Code.BAD_CONFIG, message)
    source = args.source or camera.source
    if not source:
        message = f"no source: name one, or set camera.source; possible are {sources.POSSIBLE}"
        raise PetcamError(Code.BAD_SOURCE, message)
    return str(source)


def _watch(fed: _Fed, switch: CameraSwitch, signals: Signals, watchdog: Watchdog) -> bool:
    """Report the status to systemd; whether that was all, after a signal or the end of what feeds. Else the camera was
    turned off."""
    watchdog.ready(fed.status())
    beat_at = 0.0
    while fed.is_alive():
        if not switch.is_on():
            return False
        if time.monotonic() >= beat_at:
            watchdog.beat(fed.status())
            beat_at = time.monotonic() + watchdog.interval
        if signals.wait(CHECK_INTERVAL_SECONDS) is not None:
            break
    return True


def _rest(switch: CameraSwitch, signals: Signals, watchdog: Watchdog) -> bool:
    """Until the camera is turned on; whether a signal came before."""
    log.info(OFF)
    watchdog.ready(OFF)
    beat_at = 0.0
    while not switch.is_on():
        if time.monotonic() >= beat_at:
            watchdog.beat(OFF)
            beat_at = time.monotonic() + watchdog.interval
        if signals.wait(CHECK_INTERVAL_SECONDS) is not None:
            return True
    log.info("the camera is on")
    return False


def _status(feeder: Feeder, ear: Ear | None) -> str:
    return feeder.status if ear is None else f"{feeder.status}{SOUND_MARK}{ear.status}"


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 5000:
        raise argparse.ArgumentTypeError("must be 0 to 5000")
    return value


def _frames(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 30:
        raise argparse.ArgumentTypeError("must be 1 to 30")
    return value
