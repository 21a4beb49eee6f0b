"""``petcam token``: tokens for programs that watch and cannot log in."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from petcam.access import ViewingToken, ViewingTokens, place_of, state_directory
from petcam.commands.state_errors import explained
from petcam.config import Config
from petcam.errors import PetcamError
from petcam.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a token and print it, this once")
    add.add_argument("--camera", action="store_true", help="it may also turn the camera off and on")
    add.add_argument("name", nargs="?", default="", metavar="LABEL", help="by which to know and revoke it")
    actions.add_parser("list", help="say which there are")
    revoke = actions.add_parser("revoke", help="end one, and all streams by it")
    revoke.add_argument("name", metavar="ID|LABEL")


def run(args: argparse.Namespace, config: Config) -> int:
    """The services find the change themselves."""
    tokens = ViewingTokens(state_directory())
    with _permitted(tokens):
        place_of(state_directory()).require()
        if args.action == "add":
            print(tokens.add(args.name, args.camera), flush=True)
            print(say("token.once"), file=sys.stderr)
            if config.auth.mode == "none":
                print(say("token.not_asked_for"), file=sys.stderr)
        elif args.action == "list":
            _list(tokens.all())
        else:
            print(say("token.revoked", token=_name(tokens.revoke(args.name))))
    return 0


@contextmanager
def _permitted(tokens: ViewingTokens) -> Iterator[None]:
    try:
        yield
    except PetcamError as error:
        raise explained(error, tokens.path.parent, say("token.not_permitted", path=tokens.path)) from error


def _list(tokens: list[ViewingToken]) -> None:
    print("ID        MADE        LABEL" if tokens else say("token.none"))
    for each in tokens:
        made = time.strftime("%Y-%m-%d", time.localtime(each.created))
        print(f"{each.id}  {made}  {each.label}{' (turns the camera)' if each.camera else ''}".rstrip())


def _name(token: ViewingToken) -> str:
    return f"{token.id} ({token.label})" if token.label else token.id
