"""``petcam events``: notice and keep what a detector sees until SIGTERM or Ctrl-C; or replay results from a file."""

import argparse
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

from petcam.commands.event_service import EventService
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.events.replay import replay, told_line
from petcam.events.rules import Region, Rules
from petcam.places import MAX_FILE_BYTES, NamedPlace, places_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="[replay]")
    replaying = actions.add_parser(
        "replay",
        help="put a detector's results and sound levels from a file through the rules, and print the visits and sounds",
    )
    # No "file": that is check-config's, which is read as the configuration.
    replaying.add_argument("results", metavar="FILE", help="a line of JSON for each result; -: standard input")
    replaying.add_argument("--places", default="", metavar="PLACES", help="a file of places, as places.json is")


def run(args: argparse.Namespace, config: Config) -> int:
    """Until a signal, or to the end of a file. Raises ``BAD_REQUEST``."""
    if args.action == "replay":
        return _replay(args.results, config, args.places)
    EventService(config, rules_of(config), regions_of).run()
    return 0


def rules_of(config: Config) -> Rules:
    events = config.events
    return Rules(tuple(events.classes), events.min_score, events.min_seconds, events.gap_seconds)


def regions_of(places: Iterable[NamedPlace]) -> list[Region]:
    return [Region(*place) for place in places]


def _replay(file: str, config: Config, places: str) -> int:
    with _lines(file) as lines:
        for each in replay(lines, rules_of(config), file, config.events.sound_db or math.inf, _places_in(places)):
            print(told_line(each), flush=True)
    return 0


def _places_in(file: str) -> list[Region]:
    """Raises ``BAD_REQUEST``."""
    if not file:
        return []
    try:
        with open(file, "rb") as opened:
            return regions_of(places_of(opened.read(MAX_FILE_BYTES + 1)))
    except OSError as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error}") from error


@contextmanager
def _lines(file: str) -> Iterator[TextIO]:
    if file == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # as of a file, whatever the locale
        yield sys.stdin
        return
    try:
        opened = open(file, encoding="utf-8", errors="replace")
    except OSError as error:
        raise PetcamError(Code.BAD_REQUEST, f"{file}: {error.strerror}") from error
    with opened:
        yield opened
