"""Whether people can be told: a part of ``petcam doctor``."""

import time
from collections.abc import Iterator
from typing import Any

from petcam.commands.finding import Finding, Sign
from petcam.errors import PetcamError
from petcam.events.control_client import ControlClient

SUBJECT = "telling"


def check_telling(client: ControlClient) -> Iterator[Finding]:
    """Each way that petcam-events knows; nothing where it does not run, which another line says, or has none."""
    try:
        ways = client.ways() or {}
    except PetcamError:
        return
    for name, way in ways.items():
        if isinstance(way, dict):
            yield _check(name, way)


def _check(name: str, way: dict[str, Any]) -> Finding:
    since, error = way.get("failing_since"), way.get("error")
    waiting = f"; {way['waiting']} wait to be told" if way.get("waiting") else ""
    if isinstance(since, float):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(since))
        return Finding(Sign.LOOK, SUBJECT, f"{name} fails since {when}: {error}{waiting}")
    if error:
        return Finding(Sign.LOOK, SUBJECT, f"{name}: {error}")
    return Finding(Sign.OK, SUBJECT, f"{name}{waiting}; to try it: sudo petcam notify test")
