"""Which time zone this machine's local time is."""

import os
from pathlib import Path

LOCAL_TIME = Path("/etc/localtime")
ZONES = "zoneinfo/"  # each zone is a file below it, wherever that is


def zone_name(local_time: Path = LOCAL_TIME) -> str:
    """Its name in IANA's list, as ``Europe/Berlin``; empty where that cannot be told. A ``TZ`` of rules (``CET-1CEST``)
    is returned as it is: who knows the list finds it not to be in it."""
    chosen = os.environ.get("TZ")
    if chosen is not None:
        return chosen.removeprefix(":").rpartition(ZONES)[2] or "UTC"
    try:
        return os.readlink(local_time).rpartition(ZONES)[2]
    except OSError:
        return "" if local_time.exists() else "UTC"  # as the C library takes it
