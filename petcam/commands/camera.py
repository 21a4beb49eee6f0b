"""``petcam camera``: turn the camera off for all, and on again."""

import argparse
from datetime import datetime

from petcam.access import MAX_OFF_MINUTES, CameraSwitch, SwitchState, place_of, state_directory
from petcam.commands.state_errors import explained
from petcam.config import Config
from petcam.errors import PetcamError
from petcam.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("on", help="turn it on")
    off = actions.add_parser("off", help="turn it off: nothing is shown, recorded or heard")
    off.add_argument("--minutes", type=_minutes, metavar="N", help="turn it on again by itself after so many")
    actions.add_parser("status", help="say whether it is on, and who turned it when")


def run(args: argparse.Namespace, config: Config) -> int:
    """The services find the change themselves. Raises ``FORBIDDEN``, ``STATE_DAMAGED``, ``STATE_NOT_WRITTEN``."""
    directory = state_directory()
    switch = CameraSwitch(directory, place=place_of(directory))
    try:
        if args.action == "status":
            state = switch.read()
        else:
            state = switch.turn(args.action == "on", "command", getattr(args, "minutes", None))
    except PetcamError as error:
        raise explained(error, directory, say("camera.not_permitted", path=switch.path)) from error
    print(_said(state))
    return 0


def _said(state: SwitchState) -> str:
    if state.on:
        return say("camera.on")
    if state.until is None:
        return say("camera.off", since=_local(state.since), by=state.by)
    return say("camera.until", since=_local(state.since), by=state.by, until=_local(state.until))


def _local(text: str | None) -> str:
    """A time of the switch as a clock on the wall beside the board has it."""
    assert text is not None
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().strftime("%Y-%m-%d %H:%M")


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_OFF_MINUTES:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MAX_OFF_MINUTES}")
    return int(text)
