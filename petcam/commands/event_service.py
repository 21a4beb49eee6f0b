"""The service ``petcam events``: its parts made and joined, started, stepped by one thread, and stopped in reverse."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from petcam import segments
from petcam.access import CameraSwitch, SoundSwitch, place_of, web_state_directory
from petcam.commands.event_home_assistant import Recorder, make_home_assistant
from petcam.commands.event_telling import happening_of, make_teller, missed, was_there, ways_for_people
from petcam.config import Config
from petcam.events.clock import read_clock
from petcam.events.control import Control, State
from petcam.events.health import TIMEOUT_SECONDS, HealthWatch
from petcam.events.keeper import Keeper
from petcam.events.listener import Listener
from petcam.events.observer import Observer
from petcam.events.place import control_path, events_directory
from petcam.events.resuming import visit_of
from petcam.events.rules import Region, Rules, Sounds
from petcam.events.store import Event, Store
from petcam.events.streamer import Streamer
from petcam.events.warden import Warden
from petcam.places import NamedPlace, PlacesFile
from petcam.shm.audio import AudioReader
from petcam.streamer_url import streamer_url
from petcam.system.boot_time import read_boot_id
from petcam.system.signals import Signals
from petcam.system.watchdog import Watchdog

RESUME_SECONDS = 120.0  # that a visit goes on while nobody watches: docs/events.md
PAUSES = {"petcam": 0.5, "rdk-x5": 0.1}  # seconds between two looks; the second keeps its newest result only
OFF = "the camera is off"

log = logging.getLogger("petcam.events")


class EventService:
    """``regions_of`` is how the rules have places."""

    def __init__(
        self, config: Config, rules: Rules, regions_of: Callable[[Iterable[NamedPlace]], list[Region]]
    ) -> None:
        own, state = events_directory(), web_state_directory()
        place, streamer = place_of(state), streamer_url(config)
        self._camera, self._is_rdk = config.camera, config.camera.layout != "petcam"
        self._switch = CameraSwitch(state, place=place)
        self._places = PlacesFile(state, place)
        self._health = HealthWatch(Streamer(streamer, TIMEOUT_SECONDS), time.monotonic)
        self._teller = make_teller(config, own, state, place, self._places)
        recorder = Recorder(Streamer(streamer), self._health)
        self._home_assistant = make_home_assistant(config, own, state, place, recorder, self._places)
        self._store = self._open_store()
        self._keeper = Keeper(Streamer(streamer), config.recording.pre_roll_seconds)
        self._ear, self._listener = make_listener(config, self._switch, SoundSwitch(state, place=place), self._store)
        self._reader = segments.detection_reader(self._camera.layout, self._camera.detections, gate=self._switch.gate)
        self._observer = self._make_observer(rules, regions_of)
        self._warden = Warden(
            *(self._health, self._store, self._switch.is_on, lambda: self._observer.trouble),
            has_streamer=config.webrtc.backend == "go",
            clock=time.monotonic,
        )
        self._control = Control(control_path(), self._ways, lambda: self._teller.test() | self._home_assistant.test())

    def run(self) -> None:
        """Until a signal."""
        with Signals() as signals, ExitStack() as stack:
            self._start(stack)
            log.info("%s → %s", self._camera.detections, events_directory() / "events.db")
            watchdog, beat_at = Watchdog({}), 0.0
            watchdog.ready(self._turn().status)
            while signals.wait(PAUSES[self._camera.layout]) is None:
                self._step()
                state = self._turn()
                if time.monotonic() >= beat_at:
                    watchdog.beat("; ".join(filter(None, state)))
                    beat_at = time.monotonic() + watchdog.interval
            watchdog.stopping()

    def _open_store(self) -> Store:
        """With what the last run left: who was not told yet is, and what was open goes on."""
        told_id = self._teller.told_id
        store = Store(
            *(events_directory(), read_boot_id(), read_clock()),
            resume_seconds=RESUME_SECONDS,
            tell=self._tell,
            told_id=told_id or 0,
        )
        for happening in missed(store.begun_since, told_id):
            self._teller.take(happening)
        self._teller.expect(was_there(store.seen_before, store.resumed))
        return store

    def _make_observer(self, rules: Rules, regions_of: Callable[[Iterable[NamedPlace]], list[Region]]) -> Observer:
        resumed = [visit_of(event, number) for number, event in enumerate(self._store.resumed, 1)]
        for event, visit in zip(self._store.resumed, resumed, strict=True):
            self._store.resume(event, visit)
        return Observer(
            *(self._reader, rules, resumed, self._store, self._keeper, read_clock),
            leaves_out_empty=self._is_rdk,
            may_look=self._switch.is_on,
            places=lambda: regions_of(self._places.current()),
        )

    def _start(self, stack: ExitStack) -> None:
        """What is put on the stack is ended in reverse: who is told, behind the store, which tells what it ends."""
        stack.callback(self._ear.close)
        stack.callback(self._reader.close)
        self._teller.start()
        stack.callback(self._teller.close)
        self._home_assistant.start()
        stack.callback(self._home_assistant.stop)
        stack.callback(lambda: self._store.close(time.monotonic_ns()))
        for part in (self._keeper, self._health, self._control):
            part.start()
            stack.callback(part.close)

    def _step(self) -> None:
        if self._listener is not None:
            self._listener.step()
        self._warden.step()
        self._observer.step()  # last, for it has all of it written

    def _turn(self) -> State:
        """How it goes, said to all who ask."""
        is_on = self._switch.is_on()
        unkept = self._keeper.trouble and f"what is seen is not recorded: {self._keeper.trouble}"
        seen = (self._observer.status, self._observer.trouble) if is_on else (OFF, "")
        state = State(seen[0], "; ".join(filter(None, (self._store.status, unkept, seen[1]))))
        self._control.turn(state, self._store.delete)
        self._home_assistant.tick(is_on)
        return state

    def _tell(self, event: Event, state: str) -> None:
        """In the store's thread, so nobody may wait."""
        happening = happening_of(event, state)
        self._teller.take(happening)
        self._home_assistant.take(event, happening)

    def _ways(self) -> dict[str, object]:
        return ways_for_people(self._teller) | self._home_assistant.ways()


def make_listener(
    config: Config, camera: CameraSwitch, sound: SoundSwitch, store: Store
) -> tuple[AudioReader, Listener | None]:
    """Without a listener where there is nothing to hear, or nobody wants it noticed."""

    def gate() -> tuple[bool, int]:
        is_on, since_ns = camera.gate()
        return is_on and sound.is_on(), since_ns

    reader, sound_db = segments.audio_reader(config.camera.audio, gate), config.events.sound_db
    if not (config.camera.microphone and sound_db):
        return reader, None
    return reader, Listener(reader, Sounds(sound_db), store, lambda: gate()[0], time.monotonic)
