"""What is told of, and when: docs/telling.md, "The rules". Pure: settings and times come in, yes or no goes out."""

import calendar
import time
from collections.abc import Iterable
from typing import NamedTuple

from petcam.settings import Notify, Quiet, Settings
from petcam.telling.happening import Happening

MAX_JUDGED = 500  # events of which it is known what became of them; far more than are open at once
MAX_ALERTS = 200
MAX_HELD = 16
ANYWHERE = ""
OF_NO_INTEREST = ("service_restarted",)  # trouble that is over when it is known, and asks nothing of anybody
MINUTE = 60.0


class Alert(NamedTuple):
    """What a cool-down goes by."""

    kind: str
    name: str
    place: str  # ANYWHERE: it was in none that has a name
    at: float  # Unix seconds


class WasThere(NamedTuple):
    """Of a class, when petcam-events started: one that is seen again is no news, though it may be another event."""

    id: int  # of the event it was
    until: float  # Unix seconds: later it is another visit


class Rules:
    """For one thread. What it knows, ``judged``, ``alerts`` and ``held``, is to be kept over restarts."""

    def __init__(
        self, judged: Iterable[int] = (), alerts: Iterable[Alert] = (), held: Iterable[Happening] = ()
    ) -> None:
        self._judged = dict.fromkeys(judged)  # ids, the oldest first: told of, or never to be
        self._alerts = list(alerts)
        self._held = {each.id: each for each in held}  # trouble that was kept silent and lasts
        self.was_there: dict[str, WasThere] = {}  # by class

    @property
    def judged(self) -> tuple[int, ...]:
        return tuple(self._judged)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return tuple(self._alerts)

    @property
    def held(self) -> tuple[Happening, ...]:
        return tuple(self._held.values())

    def take(self, happening: Happening, settings: Settings, now: float) -> bool:
        """Whether to tell of it now. That is said once of an event."""
        if happening.state == "end":
            self._held.pop(happening.id, None)
            return False
        if happening.id in self._judged:
            return False
        if happening.kind == "visit" and self._goes_on(happening):
            self._judge(happening, False, now)
            return False
        wants = settings.notify
        may_come_to_a_place = happening.kind == "visit" and bool(wants.places)
        if happening.state == "change" and not may_come_to_a_place:
            return False  # it began before this was running
        if may_come_to_a_place and _is_wanted(happening, wants) and not set(wants.places) & set(happening.places):
            return False  # not yet
        is_told = _is_wanted(happening, wants) and self._is_due(happening, settings, now)
        self._judge(happening, is_told, now)
        return is_told

    def forget_held_before(self, moment: float) -> None:
        """Trouble that began before then is over, whether or not anybody said so."""
        self._held = {each.id: each for each in self._held.values() if each.begin >= moment}

    def due(self, settings: Settings, now: float) -> list[Happening]:
        """Trouble to tell of now that was kept silent when it began, and lasts."""
        if not self._held or is_silent(settings, now):
            return []
        due = [each for each in self._held.values() if _is_wanted(each, settings.notify)]
        self._held = {}
        for each in due:
            self._alert(each, now)
        return due

    def _is_due(self, happening: Happening, settings: Settings, now: float) -> bool:
        """Of what is wanted."""
        if happening.kind == "visit" and settings.notify.away_only and settings.home:
            return False
        if self._is_cooling(happening, settings.notify.cooldown_minutes * MINUTE, now):
            return False
        if not is_silent(settings, now):
            return True
        if happening.kind == "trouble" and len(self._held) < MAX_HELD:
            self._held[happening.id] = happening
        return False

    def _goes_on(self, happening: Happening) -> bool:
        """Whether it is the same visit as before the start, of which all was said. That is so of the first one."""
        before = self.was_there.get(happening.name)
        if before is None or happening.id <= before.id:
            return False
        del self.was_there[happening.name]
        return happening.begin < before.until

    def _is_cooling(self, happening: Happening, seconds: float, now: float) -> bool:
        """Where a place is not known it may be any."""
        for alert in self._alerts:
            is_alike = (alert.kind, alert.name) == (happening.kind, happening.name)
            is_there = ANYWHERE in (alert.place, *_places(happening)) or alert.place in happening.places
            if is_alike and is_there and 0 <= now - alert.at < seconds:
                return True
        return False

    def _judge(self, happening: Happening, is_told: bool, now: float) -> None:
        self._judged[happening.id] = None
        while len(self._judged) > MAX_JUDGED:
            del self._judged[next(iter(self._judged))]
        if is_told:
            self._alert(happening, now)

    def _alert(self, happening: Happening, now: float) -> None:
        places = _places(happening)
        kept = [each for each in self._alerts if each[:3] not in {(*happening[1:3], place) for place in places}]
        self._alerts = [*kept, *(Alert(happening.kind, happening.name, place, now) for place in places)][-MAX_ALERTS:]


def is_silent(settings: Settings, now: float) -> bool:
    """Whether nothing at all is to be heard: quiet hours, or muted."""
    return _is_quiet(settings.notify.quiet, now) or now < _muted_until(settings.mute_until)


def _is_wanted(happening: Happening, wants: Notify) -> bool:
    if happening.kind != "visit":
        return wants.sound if happening.kind == "sound" else wants.trouble and happening.name not in OF_NO_INTEREST
    return wants.visits and (not wants.classes or happening.name in wants.classes)


def _places(happening: Happening) -> tuple[str, ...]:
    return happening.places or (ANYWHERE,)


def _is_quiet(quiet: Quiet | None, now: float) -> bool:
    """By what the board's clock shows; an hour that a night has twice is quiet, or is not, both times."""
    if quiet is None:
        return False
    shown = time.strftime("%H:%M", time.localtime(now))
    if quiet.begin < quiet.end:
        return quiet.begin <= shown < quiet.end
    return shown >= quiet.begin or shown < quiet.end


def _muted_until(text: str | None) -> float:
    return 0.0 if text is None else float(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))
