"""``petcam password``: set or reset the owner's password; every session ends."""

import argparse
import getpass
import sys

from petcam.config import Config
from petcam.errors import Code, PetcamError
from petcam.web.owner import Owner
from petcam.web.secret_file import state_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(args: argparse.Namespace, config: Config) -> int:
    password = _ask() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    directory = state_directory()
    try:
        Owner(directory).set_password(password)
    except ValueError as error:
        raise PetcamError(Code.BAD_REQUEST, str(error)) from error
    except PermissionError as error:
        raise PetcamError(Code.FORBIDDEN, f"{directory} may not be written: use sudo petcam password") from error
    print("The owner's password is set. Log in again in each browser.")
    return 0


def _ask() -> str:
    password = getpass.getpass("New password: ")
    if password != getpass.getpass("The same again: "):
        raise PetcamError(Code.BAD_REQUEST, "the two passwords differ; nothing was changed")
    return password
