"""What is sent to the topics: states of a snapshot, and events."""

import json
from datetime import datetime, timezone

from petcam.home_assistant.snapshot import Snapshot
from petcam.home_assistant.topics import slug
from petcam.telling.happening import Happening

ON, OFF, UNKNOWN = b"ON", b"OFF", b"None"


def states(snapshot: Snapshot) -> dict[str, bytes]:
    """By component."""
    said = {
        "visits_today": str(snapshot.visits_today).encode(),
        "asleep_today": str(int(snapshot.asleep_today_seconds // 60)).encode(),
        "camera": UNKNOWN if snapshot.camera is None else on_or_off(snapshot.camera),
        "home": on_or_off(snapshot.home),
        "record": on_or_off(snapshot.recording),
    }
    for name in snapshot.classes:
        said[f"class_{slug(name)}"] = on_or_off(name in snapshot.classes_there)
        said[f"last_seen_{slug(name)}"] = _last_seen(snapshot, name)
    for name in snapshot.places:
        said[f"place_{slug(name)}"] = on_or_off(name in snapshot.places_there)
    return said


def event(happening: Happening) -> bytes:
    said = {
        "event_type": happening.state,
        "id": happening.id,
        "classes": [happening.name],
        "places": list(happening.places),
        "begin": _time(happening.begin),
        "end": None if happening.end is None else _time(happening.end),
        "most": happening.most,
        "asleep": happening.asleep,
        "detail": happening.detail,
    }
    return json.dumps(said, ensure_ascii=False).encode()


def on_or_off(is_on: bool) -> bytes:
    return ON if is_on else OFF


def _last_seen(snapshot: Snapshot, name: str) -> bytes:
    """To the minute while it is there, so that it does not change twice a second."""
    at = snapshot.last_seen.get(name)
    if at is None:
        return UNKNOWN
    return _time(at - at % 60 if name in snapshot.classes_there else at).encode()


def _time(at: float) -> str:
    return datetime.fromtimestamp(int(at), timezone.utc).isoformat()
