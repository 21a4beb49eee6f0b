"""``petcam notify test``: a message by each way that petcam.yaml names, and what came of it."""

import argparse
import sys

from petcam.commands.finding import Sign
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.events.control_client import ControlClient
from petcam.events.place import asked_path

RESTART = "sudo systemctl restart petcam.target"
NOBODY = f"nobody is told: name a way below notify in petcam.yaml, then {RESTART}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="test")
    actions.add_parser("test", help="send a message by each way, and say what came of it")


def run(args: argparse.Namespace, config: Config) -> int:
    """1 where a message did not get through. Raises ``EVENTS_AWAY`` with the remedy, ``FORBIDDEN``."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    found = ControlClient(asked_path()).test()
    if found is None:
        raise PetcamError(Code.EVENTS_AWAY, f"petcam-events is of an older version: {RESTART}")
    notify = config.notify
    if not found:
        is_set = bool(notify.urls or notify.webhook)
        print(f"petcam-events has not read petcam.yaml anew: {RESTART}" if is_set else NOBODY)
        return 1
    for name, error in found.items():
        print(f"{(Sign.BROKEN if error else Sign.OK).value}  {name}{': ' if error else ''}{error}")
    return int(any(found.values()))
