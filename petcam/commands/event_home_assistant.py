"""What petcam-events tells a broker, and is told by it, joined to events, petcam-web, streamer and settings: a part of
``petcam events``."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from petcam import __version__
from petcam.access import Place
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.events.health import HealthWatch
from petcam.events.read import Reader, Wanted
from petcam.events.store import Event
from petcam.events.streamer import Streamer
from petcam.home_assistant import Commands, Device, HomeAssistant, Memory, Snapshot
from petcam.places import PlacesFile
from petcam.settings import SettingsFile
from petcam.system.assets import assets_folder
from petcam.system.hostname import machine_names
from petcam.telling.happening import Happening
from petcam.web_control import WebControl, web_control_path
from petcam.words import Words

BY = "mqtt"
DAY_SECONDS = 60.0  # between two looks at how the day goes, while nothing happens
IN_THAT_STATE = 409  # the streamer's: it records already, or does not

More = tuple[bool, bool, str, tuple[str, ...]]  # whether somebody is home, it records by hand; language, places

log = logging.getLogger("petcam.events")


class JoinedHomeAssistant:
    """``take`` and ``tick`` are for the store's thread, and do nothing where no broker is configured."""

    def __init__(self, home_assistant: HomeAssistant, seen: "SeenToday | None", more: Callable[[], More]) -> None:
        self._home_assistant, self._seen, self._more = home_assistant, seen, more
        self.start, self.stop = home_assistant.start, home_assistant.stop

    def take(self, event: Event, happening: Happening) -> None:
        if self._seen is not None:
            self._seen.take(event)
            self._home_assistant.take(happening)

    def tick(self, camera: bool) -> None:
        if self._seen is not None:
            self._home_assistant.tick(self._seen.snapshot(camera, *self._more()))

    def ways(self) -> dict[str, object]:
        """As those of telling."""
        way = self._home_assistant.way
        return {way.name: {"failing_since": way.failing_since, "error": way.error, "waiting": 0}} if way else {}

    def test(self) -> dict[str, str]:
        way = self._home_assistant.way
        return {way.name: way.error} if way else {}


def make_home_assistant(
    config: Config, directory: Path, web_state: Path, place: Place, recorder: "Recorder", places: PlacesFile
) -> JoinedHomeAssistant:
    """``directory`` is petcam-events' state, ``web_state`` petcam-web's, where the settings are."""
    words, settings = Words(assets_folder() / "words"), SettingsFile(web_state, place)
    web = WebControl(web_control_path(web_state))
    of_the_board = words.of_environment(os.environ)

    def more() -> More:
        now = settings.current()
        language = (now.language and words.best([now.language])) or of_the_board
        return now.home, recorder.is_on, language, tuple(each.name for each in places.current())

    home_assistant = HomeAssistant(
        config.notify,
        Memory(directory),
        Device(config.camera.shown_name, __version__, _page(config)),
        words,
        Commands(lambda on: web.camera(on, None, BY), lambda on: web.home(on, BY), recorder.turn),
        web.moment,
    )
    seen = SeenToday(Reader(directory), tuple(config.events.classes)) if config.notify.mqtt else None
    return JoinedHomeAssistant(home_assistant, seen, more)


def _page(config: Config) -> str:
    if config.web.host.startswith("127.") or config.web.host in ("localhost", "::1"):
        return ""
    return f"http://{machine_names()[0].removesuffix('.local')}.local:{config.web.port}/"


class Recorder:
    """The recording by hand. ``turn`` is for any thread."""

    def __init__(self, streamer: Streamer, health: HealthWatch) -> None:
        self._streamer, self._health = streamer, health
        self._turned = (0.0, False)  # when last, and which way; replaced as a whole, so no lock guards it

    def turn(self, on: bool) -> None:
        """Raises as the streamer's client does, and ``CONFLICT`` with the streamer's own words."""
        answer = self._streamer.control("/start" if on else "/stop", b"")
        if answer.status not in (200, IN_THAT_STATE):
            raise PetcamError(Code.CONFLICT, f"the streamer answers {answer.status}: {answer.body[:300]!r}")
        self._turned = (time.monotonic(), on)

    @property
    def is_on(self) -> bool:
        """By the streamer's last word, or as it was turned since."""
        at, turned = self._turned
        asked = self._health.newest
        if asked is None or asked.at <= at:
            return turned
        return asked.health is not None and asked.health.recording


class SeenToday:
    """Who is there, who was, and how the day goes. For the store's thread."""

    def __init__(self, reader: Reader, wanted: tuple[str, ...], clock: Callable[[], float] = time.time) -> None:
        """``wanted`` are the classes that are noticed; none: all that were ever seen are known."""
        self._reader, self._clock = reader, clock
        self._there: dict[int, str] = {}  # classes of open visits, by id
        self._places: dict[int, tuple[str, ...]] = {}  # at which they are, by id
        self._last_seen: dict[str, float] = {}
        self._classes = dict.fromkeys(wanted)
        self._visits, self._asleep = 0, 0.0
        self._look_at = 0.0
        self._has_looked_back = False

    def take(self, event: Event) -> None:
        if event.kind != "visit":
            return
        before = self._there.pop(event.id, event.class_name)
        self._places.pop(event.id, None)
        if before != event.class_name or not event.is_open:
            self._last_seen[event.class_name] = self._clock() - (time.monotonic() - event.end_ns / 1e9)
        if event.is_open:
            self._there[event.id], self._places[event.id] = event.class_name, event.places
        self._classes.setdefault(event.class_name)
        self._look_at = 0.0

    def snapshot(
        self, camera: bool, home: bool, recording: bool, language: str, places: tuple[str, ...] = ()
    ) -> Snapshot:
        now = self._clock()
        if now >= self._look_at or self._look_at > now + DAY_SECONDS:  # the clock was set
            self._look_at = now + DAY_SECONDS
            self._try(self._look_at_day)
        there = frozenset(self._there.values()) if camera else frozenset[str]()  # nobody looks
        # A minute's steps, as that is what is told, so that a snapshot is another one only where something has changed.
        self._last_seen |= dict.fromkeys(there, now - now % 60)
        seen = dict(self._last_seen)
        asleep = self._asleep - self._asleep % 60
        known = tuple(sorted(self._classes))
        at = frozenset(name for each in self._places.values() for name in each)
        return Snapshot(there, at, seen, self._visits, asleep, camera, home, recording, known, places, language)

    def _look_at_day(self) -> None:
        if not self._has_looked_back:
            self._look_back()
            self._has_looked_back = True
        day = self._reader.day(self._reader.today())
        self._visits, self._asleep = sum(day.visits.values()), sum(day.asleep.values())

    def _look_back(self) -> None:
        """What was before this start."""
        self._classes |= dict.fromkeys(name for day in self._reader.days() for name in day.visits)
        for name in self._classes:
            for visit in self._reader.page(Wanted(kind="visit", class_name=name), limit=1).events:
                self._last_seen.setdefault(name, visit.end)
                if visit.is_open:
                    self._there.setdefault(visit.id, name)

    def _try(self, look: Callable[[], None]) -> None:
        """Where the database cannot be read all stays as it is known."""
        try:
            look()
        except PetcamError as error:
            log.info("what is told by MQTT of the day is as before: %s", error.message)
