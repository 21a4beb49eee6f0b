"""``petcam events``: notice and keep what a detector sees until SIGTERM or Ctrl-C; or replay results from a file."""

import argparse
import logging
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from io import TextIOWrapper
from typing import TextIO

from petcam import segments
from petcam.access import CameraSwitch, SoundSwitch, place_of, web_state_directory
from petcam.commands.event_home_assistant import Recorder, make_home_assistant
from petcam.commands.event_telling import happening_of, make_teller, missed, ways_for_people
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.events.clock import read_clock
from petcam.events.control import Control, State
from petcam.events.health import TIMEOUT_SECONDS, HealthWatch
from petcam.events.keeper import Keeper
from petcam.events.listener import Listener
from petcam.events.observer import Observer
from petcam.events.place import control_path, events_directory
from petcam.events.replay import replay, told_line
from petcam.events.resuming import visit_of
from petcam.events.rules import Region, Rules, Sounds
from petcam.events.store import Event, Store
from petcam.events.streamer import Streamer
from petcam.events.warden import Warden
from petcam.places import MAX_FILE_BYTES, NamedPlace, PlacesFile, places_of
from petcam.shm.audio import AudioReader
from petcam.streamer_url import streamer_url
from petcam.system.boot_time import read_boot_id
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog

RESUME_SECONDS = 120.0  # that a visit goes on while nobody watches: docs/events.md
PAUSES = {"petcam": 0.5, "rdk-x5": 0.1}  # seconds between two looks; the second keeps its newest result only

OFF = "the camera is off"

log = logging.getLogger("petcam.events")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="[replay]")
    replaying = actions.add_parser(
        "replay",
        help="put a detector's results and sound levels from a file through the rules, and print the visits and sounds",
    )
    # No "file": that is check-config's, which is read as the configuration.
    replaying.add_argument("results", metavar="FILE", help="a line of JSON for each result; -: standard input")
    replaying.add_argument("--places", default="", metavar="PLACES", help="a file of places, as places.json is")


def run(args: argparse.Namespace, config: Config) -> int:
    """Until a signal, or to the end of a file. Raises ``BAD_REQUEST``."""
    return _replay(args.results, config, args.places) if args.action == "replay" else _serve(config)


def rules_of(config: Config) -> Rules:
    events = config.events
    return Rules(tuple(events.classes), events.min_score, events.min_seconds, events.gap_seconds)


def regions_of(places: Iterable[NamedPlace]) -> list[Region]:
    return [Region(*place) for place in places]


def _replay(file: str, config: Config, places: str) -> int:
    with _lines(file) as lines:
        for each in replay(lines, rules_of(config), file, config.events.sound_db or math.inf, _places_in(places)):
            print(told_line(each), flush=True)
    return 0


def _places_in(file: str) -> list[Region]:
    """Raises ``BAD_REQUEST``."""
    if not file:
        return []
    try:
        with open(file, "rb") as opened:
            return regions_of(places_of(opened.read(MAX_FILE_BYTES + 1)))
    except OSError as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error}") from error


@contextmanager
def _lines(file: str) -> Iterator[TextIO]:
    if file == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # as of a file, whatever the locale
        yield sys.stdin
        return
    try:
        opened = open(file, encoding="utf-8", errors="replace")
    except OSError as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error.strerror}") from error
    with opened:
        yield opened


def _serve(config: Config) -> int:
    camera, rules = config.camera, rules_of(config)
    place = place_of(web_state_directory())
    places = PlacesFile(web_state_directory(), place)
    teller = make_teller(config, events_directory(), web_state_directory(), place, places)
    health = HealthWatch(Streamer(streamer_url(config), TIMEOUT_SECONDS), time.monotonic)
    recorder = Recorder(Streamer(streamer_url(config)), health)
    home_assistant = make_home_assistant(config, events_directory(), web_state_directory(), place, recorder, places)

    def tell(event: Event, state: str) -> None:
        """In the store's thread, so nobody may wait."""
        happening = happening_of(event, state)
        teller.take(happening)
        home_assistant.take(event, happening)

    clock, told_id = read_clock(), teller.told_id
    store = Store(
        *(events_directory(), read_boot_id(), clock), resume_seconds=RESUME_SECONDS, tell=tell, told_id=told_id or 0
    )
    for happening in missed(store.begun_since, told_id):
        teller.take(happening)
    resumed = [visit_of(event, number) for number, event in enumerate(store.resumed, 1)]
    for event, visit in zip(store.resumed, resumed, strict=True):
        store.resume(event, visit)
    keeper = Keeper(Streamer(streamer_url(config)), config.recording.pre_roll_seconds)
    switch = CameraSwitch(web_state_directory(), place=place)
    reader = segments.detection_reader(camera.layout, camera.detections, gate=switch.gate)
    is_rdk = camera.layout != "petcam"
    observer = Observer(
        *(reader, rules, resumed, store, keeper, read_clock),
        leaves_out_empty=is_rdk,
        may_look=switch.is_on,
        places=lambda: regions_of(places.current()),
    )
    control = Control(
        control_path(),
        lambda: ways_for_people(teller) | home_assistant.ways(),
        lambda: teller.test() | home_assistant.test(),
    )

    def turn() -> State:
        unkept = keeper.trouble and f"what is seen is not recorded: {keeper.trouble}"
        seen = (observer.status, observer.trouble) if switch.is_on() else (OFF, "")
        state = State(seen[0], "; ".join(filter(None, (store.status, unkept, seen[1]))))
        control.turn(state, store.delete)
        home_assistant.tick(switch.is_on())
        return state

    ear, listener = _listener(config, switch, store)
    has_streamer = config.webrtc.backend == "go"
    warden = Warden(
        health, store, switch.is_on, lambda: observer.trouble, has_streamer=has_streamer, clock=time.monotonic
    )

    def step() -> None:
        if listener is not None:
            listener.step()
        warden.step()
        observer.step()  # last, for it has all of it written

    with Signals() as signals, closing(reader), closing(ear):
        keeper.start()
        home_assistant.start()
        health.start()
        teller.start()
        control.start()
        log.info("%s → %s", camera.detections, events_directory() / "events.db")
        try:
            _observe(signals, step, turn, PAUSES[camera.layout])
        finally:
            control.close()
            health.close()
            keeper.close()
            store.close(time.monotonic_ns())
            home_assistant.stop()  # these last, for the store tells what it ends
            teller.close()
    return 0


def _listener(config: Config, camera: CameraSwitch, store: Store) -> tuple[AudioReader, Listener | None]:
    """Without a listener where there is nothing to hear, or nobody wants it noticed."""
    sound = SoundSwitch(web_state_directory(), place=place_of(web_state_directory()))

    def gate() -> tuple[bool, int]:
        is_on, since_ns = camera.gate()
        return is_on and sound.is_on(), since_ns

    reader, sound_db = segments.audio_reader(config.camera.audio, gate), config.events.sound_db
    if not (config.camera.microphone and sound_db):
        return reader, None
    return reader, Listener(reader, Sounds(sound_db), store, lambda: gate()[0], time.monotonic)


def _observe(signals: Signals, step: Callable[[], None], turn: Callable[[], State], pause: float) -> None:
    watchdog, beat_at = Watchdog({}), 0.0
    watchdog.ready(turn().status)
    while signals.wait(pause) is None:
        step()
        state = turn()
        if time.monotonic() >= beat_at:
            watchdog.beat("; ".join(filter(None, state)))
            beat_at = time.monotonic() + watchdog.interval
    watchdog.stopping()
