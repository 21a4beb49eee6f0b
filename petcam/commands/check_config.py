"""``petcam check-config [FILE]``: validate the configuration."""

import argparse
from pathlib import Path

from petcam import config
from petcam.config import Config
from petcam.errors import Code, PetcamError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: what --config says")


def run(args: argparse.Namespace, _: Config) -> int:
    """An error in the file has ended the command before this, with its one line and exit status 78."""
    path = args.file or args.config or config.DEFAULT_PATH
    if not path.exists():
        raise PetcamError(Code.BAD_CONFIG, f"{path}: does not exist; name another file")
    print(f"{path}: ok")
    return 0
