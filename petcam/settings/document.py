"""Settings as JSON and back, strictly; each mistake is said with its key and with what would be right.

A patch has some of the keys, and so may its ``notify``; every other value is taken as a whole.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from petcam.settings.settings import RECORDING_MODES, Notify, OffTime, Quiet, Settings

MAX_NAMES = 32  # of classes, and of places
MAX_NAME = 64  # characters
MAX_COOLDOWN = 24 * 60  # minutes
MAX_OFF_TIMES = 21
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TIME_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")  # words/LANGUAGE.json

Check = Callable[[str, Any], Any]


def as_document(settings: Settings) -> dict[str, Any]:
    notify, quiet = settings.notify, settings.notify.quiet
    return {
        "notify": {
            "visits": notify.visits,
            "sound": notify.sound,
            "trouble": notify.trouble,
            "classes": list(notify.classes),
            "places": list(notify.places),
            "quiet": quiet and {"from": quiet.begin, "to": quiet.end},
            "cooldown_minutes": notify.cooldown_minutes,
            "away_only": notify.away_only,
        },
        "mute_until": settings.mute_until,
        "home": settings.home,
        "recording_mode": settings.recording_mode,
        "schedule": [{"days": list(each.days), "from": each.begin, "to": each.end} for each in settings.schedule],
        "language": settings.language,
    }


def of_document(document: object) -> Settings:
    """All keys, and no others. Raises ValueError."""
    found = _checked("", document, CHECKS, whole=True)
    return Settings(**{**found, "notify": Notify(**found["notify"])})


def changed(settings: Settings, patch: object) -> Settings:
    """Raises ValueError, which says the key and what is right."""
    if not isinstance(patch, dict):
        raise ValueError('settings must be a JSON object, such as {"home": false}')
    document = as_document(settings)
    if isinstance(patch.get("notify"), dict):
        patch = {**patch, "notify": {**document["notify"], **patch["notify"]}}
    return of_document({**document, **patch})


def _checked(name: str, value: object, checks: Mapping[str, Check], whole: bool = False) -> dict[str, Any]:
    """The fields of an object of exactly the keys of ``checks``, each checked."""
    if not isinstance(value, dict):
        raise ValueError(f"{_quoted(name)} must be an object of {', '.join(checks)}")
    prefix = f"{name}." if name else ""
    for key in value:
        if key not in checks:
            shown = json.dumps(prefix + str(key)[:MAX_NAME])
            raise ValueError(f"{shown} is unknown; there are {', '.join(checks)}")
    for key in checks:
        if key not in value:
            raise ValueError(f"{_quoted(prefix + key)} is missing")
    return {key: check(prefix + key, value[key]) for key, check in checks.items()}


def _quoted(name: str) -> str:
    return f'"{name}"' if name else "the document"


def _boolean(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f'"{name}" must be true or false')
    return value


def _minutes(name: str, value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_COOLDOWN:
        raise ValueError(f'"{name}" must be a whole number from 0 to {MAX_COOLDOWN}')
    return value


def _names(name: str, value: object) -> tuple[str, ...]:
    if (
        not isinstance(value, list)
        or len(value) > MAX_NAMES
        or not all(isinstance(each, str) and _is_name(each) for each in value)
        or len(set(value)) != len(value)
    ):
        raise ValueError(
            f'"{name}" must be a list of at most {MAX_NAMES} different names of 1 to {MAX_NAME} printable characters'
        )
    return tuple(value)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and text.isprintable() and text == text.strip()


def _time_of_day(name: str, value: object) -> str:
    if not isinstance(value, str) or not TIME_OF_DAY.fullmatch(value):
        raise ValueError(f'"{name}" must be a time of day such as "22:00"')
    return value


def _quiet(name: str, value: object) -> Quiet | None:
    if value is None:
        return None
    found = _checked(name, value, {"from": _time_of_day, "to": _time_of_day})
    return Quiet(found["from"], found["to"])


def _notify(name: str, value: object) -> dict[str, Any]:
    return _checked(name, value, NOTIFY_CHECKS)


def _moment(name: str, value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and TIME_PATTERN.fullmatch(value) and _is_date(value)):
        raise ValueError(f'"{name}" must be null or a time in UTC such as "2026-11-28T01:00:00Z"')
    return value


def _is_date(text: str) -> bool:
    try:
        datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return False
    return True


def _mode(name: str, value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and value in RECORDING_MODES):
        raise ValueError(f'"{name}" must be null or one of {", ".join(RECORDING_MODES)}')
    return value


def _days(name: str, value: object) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or not 0 < len(value) <= 7
        or not all(type(each) is int and 0 <= each <= 6 for each in value)
        or len(set(value)) != len(value)
    ):
        raise ValueError(f'"{name}" must be a list of different days from 0, Monday, to 6, Sunday')
    return tuple(sorted(value))


def _schedule(name: str, value: object) -> tuple[OffTime, ...]:
    if not isinstance(value, list) or len(value) > MAX_OFF_TIMES:
        raise ValueError(f'"{name}" must be a list of at most {MAX_OFF_TIMES} times')
    checks: dict[str, Check] = {"days": _days, "from": _time_of_day, "to": _time_of_day}
    rows = [_checked(f"{name}[{index}]", each, checks) for index, each in enumerate(value)]
    return tuple(OffTime(row["days"], row["from"], row["to"]) for row in rows)


def _language(name: str, value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and LANGUAGE.fullmatch(value)):
        raise ValueError(f'"{name}" must be null or a language such as "ja"')
    return value


NOTIFY_CHECKS: dict[str, Check] = {
    "visits": _boolean,
    "sound": _boolean,
    "trouble": _boolean,
    "classes": _names,
    "places": _names,
    "quiet": _quiet,
    "cooldown_minutes": _minutes,
    "away_only": _boolean,
}
CHECKS: dict[str, Check] = {
    "notify": _notify,
    "mute_until": _moment,
    "home": _boolean,
    "recording_mode": _mode,
    "schedule": _schedule,
    "language": _language,
}
