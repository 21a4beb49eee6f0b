"""What can be set, and what is so until somebody sets it. Imports nothing."""

from dataclasses import dataclass

RECORDING_MODES = ("manual", "visits", "always")  # as petcam.yaml's recording.mode


@dataclass(frozen=True)
class Quiet:
    """Times of the board's local day, HH:MM; where ``end`` is not later than ``begin`` it is of the next day."""

    begin: str
    end: str


@dataclass(frozen=True)
class Notify:
    visits: bool = True
    sound: bool = False
    trouble: bool = True
    classes: tuple[str, ...] = ()  # whose visits are told; none: all
    places: tuple[str, ...] = ()  # at which; none: at all, and elsewhere
    quiet: Quiet | None = None
    cooldown_minutes: int = 5  # after an alert of a class, before the next one of it
    away_only: bool = False  # visits are told only while nobody is home


@dataclass(frozen=True)
class OffTime:
    """The camera is off on ``days`` (0 is Monday), from ``begin`` to ``end``; both as in :class:`Quiet`."""

    days: tuple[int, ...]
    begin: str
    end: str


@dataclass(frozen=True)
class Settings:
    notify: Notify = Notify()
    mute_until: str | None = None  # UTC, YYYY-MM-DDTHH:MM:SSZ, by the board's clock
    home: bool = True
    recording_mode: str | None = None  # None: petcam.yaml's
    schedule: tuple[OffTime, ...] = ()
    language: str | None = None  # of messages; None: the board's


DEFAULTS = Settings()
