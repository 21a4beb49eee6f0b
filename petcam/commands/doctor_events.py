"""Whether petcam-events notices and keeps what a detector sees: a part of ``petcam doctor``."""

import os
from collections.abc import Iterator
from pathlib import Path

from petcam.commands.finding import Finding, Sign
from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.observer import WAITS
from petcam.events.read import Reader

SUBJECT = "noticing"


def check_events(directory: Path, client: ControlClient, detections: str) -> Iterator[Finding]:
    """How petcam-events goes in its own words, and whether its database can be read. ``detections`` is the segment."""
    yield _check_service(client, detections)
    if os.path.isdir(directory) and not os.access(directory, os.R_OK | os.X_OK):
        yield Finding(Sign.LOOK, "events", f"only root sees whether {directory} is whole: sudo petcam doctor")
        return
    try:
        newest = Reader(directory).page(limit=1).events
    except PetcamError as error:
        remedy = "to set it aside and begin anew: sudo systemctl restart petcam.target"
        yield Finding(Sign.BROKEN, "events", f"{error.message}; {remedy}")
        return
    there = "something" if newest else "nothing yet"
    yield Finding(Sign.OK, "events", f"{directory}: {there} was noticed")


def _check_service(client: ControlClient, detections: str) -> Finding:
    try:
        state = client.state()
    except PetcamError as error:
        is_forbidden = error.code is Code.FORBIDDEN
        words = f"{error.message}: sudo petcam doctor" if is_forbidden else error.message
        return Finding(Sign.LOOK if is_forbidden else Sign.BROKEN, SUBJECT, words)
    if state.trouble:
        return Finding(Sign.BROKEN, SUBJECT, f"{state.status}; {state.trouble}")
    if state.status == WAITS:
        remedy = f"nothing is noticed until one writes {detections}; see the lines detector and detections"
        return Finding(Sign.LOOK, SUBJECT, f"{state.status}; {remedy}")
    return Finding(Sign.OK, SUBJECT, state.status)
