"""What petcam-events tells people, joined to its events, petcam-web and the settings: a part of ``petcam events``."""

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

from petcam.access import Place
from petcam.config import Config
from petcam.errors import PetcamError
from petcam.events.store import Event
from petcam.places import PlacesFile
from petcam.settings import Settings, SettingsFile
from petcam.system.assets import assets_folder
from petcam.telling.happening import Happening, Kind, Phase
from petcam.telling.message import Writer
from petcam.telling.rules import WasThere
from petcam.telling.teller import Teller
from petcam.telling.ways import ways_of
from petcam.web_control import Moment, WebControl, web_control_path
from petcam.words import Words

MISSED_SECONDS = 600.0  # before this start, within which a begin that nobody was told of is told
SEEN_SECONDS = 120.0  # after a start, within which a pet that was there before it has not been away
SLEEPER_SECONDS = 1200.0  # after its last box, the same of one that lay still: it may sleep there unseen

log = logging.getLogger("petcam.telling")


def make_teller(config: Config, directory: Path, web_state: Path, place: Place, places: PlacesFile) -> Teller:
    """``directory`` is petcam-events' state, ``web_state`` petcam-web's, where the settings are."""
    words, settings = Words(assets_folder() / "words"), SettingsFile(web_state, place)
    of_the_board = words.of_environment(os.environ)

    def language() -> str:
        chosen = settings.current().language
        return (chosen and words.best([chosen])) or of_the_board

    web = WebControl(web_control_path(web_state))
    return Teller(
        ways_of(config.notify, config.camera.name),
        lambda: with_known_places(settings.current(), {each.name for each in places.current()}),
        directory,
        Writer(words, language, config.camera.name),
        lambda event_id: _asked(lambda: web.moment(event_id)),
        lambda: _asked(web.test_picture),
    )


def with_known_places(settings: Settings, names: Collection[str]) -> Settings:
    """Without those that are no more: who chose the sofa alone, which is gone, is to be told all the same."""
    chosen = settings.notify.places
    known = tuple(name for name in chosen if name in names)
    return settings if known == chosen else replace(settings, notify=replace(settings.notify, places=known))


def happening_of(event: Event, state: str, offset: float | None = None) -> Happening:
    """``event`` is of this boot; ``state`` is begin, change or end. ``offset`` is wall clock less monotonic, by default
    of now."""
    offset = time.time() - time.monotonic() if offset is None else offset
    kinds: dict[str, Kind] = {"visit": "visit", "sound": "sound"}
    return Happening(
        event.id,
        kinds.get(event.kind, "trouble"),
        event.class_name,
        cast(Phase, state),
        event.begin_ns / 1e9 + offset,
        None if event.is_open else event.end_ns / 1e9 + offset,
        max(event.most, 1),
        event.places if event.is_open else event.visited,
        asleep=event.is_asleep,
        detail=event.detail,
        score=event.top_score,
    )


def missed(
    begun_since: Callable[[int], list[Event]],
    told_id: int | None,
    offset: float | None = None,
    clock: Callable[[], float] = time.time,
) -> list[Happening]:
    """What began just before the last end of this service, which was killed before anybody was told."""
    if told_id is None:
        return []
    begun = [happening_of(event, "begin", offset) for event in begun_since(told_id)]
    return [each for each in begun if clock() - each.begin < MISSED_SECONDS]


def was_there(
    seen_before: Callable[[], list[tuple[Event, float]]],
    resumed: Iterable[Event],
    clock: Callable[[], float] = time.time,
) -> dict[str, WasThere]:
    """By class, the last visits before this start, but for those that go on and moved: who comes then is another. The
    rules of visits have lost what they knew: one that sleeps and was not seen for a while, or whose board was started
    anew, begins again, and is no news."""
    newest: dict[str, tuple[Event, float]] = {}
    for event, age in seen_before():
        newest.setdefault(event.class_name, (event, age))
    going_on, found = {event.id for event in resumed if not event.is_still}, {}
    for name, (event, age) in newest.items():
        if event.id not in going_on and abs(age) < SLEEPER_SECONDS:  # below zero: the clock was set
            seconds = max(SLEEPER_SECONDS - max(age, 0.0) if event.is_still else 0.0, SEEN_SECONDS)
            found[name] = WasThere(event.id, clock() + seconds)
    return found


def ways_for_people(teller: Teller) -> dict[str, object]:
    return {
        each.name: {"failing_since": each.failing_since, "error": each.error, "waiting": each.waiting}
        for each in teller.standings
    }


def _asked(ask: Callable[[], Moment]) -> Moment | None:
    try:
        return ask()
    except PetcamError as error:
        log.debug("without a picture and a link: %s", error.message)
        return None
