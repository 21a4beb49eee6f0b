"""``petcam password``: set or reset the owner's password, or the viewers'; every session of it ends."""

import argparse
import getpass
import sys

from petcam.access import Owner, place_of, state_directory
from petcam.commands.state_errors import explained
from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.streamer_client import StreamerClient
from petcam.streamer_url import streamer_url
from petcam.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--viewer", action="store_true", help="the second password, which lets in for viewing only")
    parser.add_argument("--remove", action="store_true", help="with --viewer: let in nobody but the owner")


def run(args: argparse.Namespace, config: Config) -> int:
    """petcam-web finds the new password at its next request; the streams are told to end here."""
    if args.remove and not args.viewer:
        raise PetcamError(Code.BAD_REQUEST, say("password.remove_what"))
    directory = state_directory()
    try:
        place_of(directory).require()
        said = _change(args, Owner(directory))
    except PetcamError as error:
        raise explained(error, directory, say("password.not_permitted", directory=directory)) from error
    print(said, _end_streams(config))
    return 0


def _change(args: argparse.Namespace, owner: Owner) -> str:
    if args.remove:
        owner.remove_viewer_password()
        return say("password.viewer_removed")
    password = _ask() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if args.viewer:
        owner.set_viewer_password(password)
        return say("password.viewer_set")
    owner.set_password(password)
    return say("password.set")


def _end_streams(config: Config) -> str:
    client = StreamerClient(streamer_url(config))
    try:
        client.control("/sessions/end", b'{"all":true}')
    except PetcamError:
        return say("password.no_streamer")
    finally:
        client.close()
    return say("password.streams_ended")


def _ask() -> str:
    password = getpass.getpass(say("password.new"))
    if password != getpass.getpass(say("password.again")):
        raise PetcamError(Code.BAD_REQUEST, say("password.differ"))
    return password
