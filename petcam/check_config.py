"""``petcam check-config [FILE]``: validate the configuration."""

import argparse
from pathlib import Path

from petcam import config
from petcam.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: what --config says")


def run(args: argparse.Namespace, loaded: Config) -> int:
    """A bad file raises ``BAD_CONFIG``, which the command line turns into one line and exit 78."""
    path = args.file or args.config or config.DEFAULT_PATH
    _, warnings = config.load(path)
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{path}: ok")
    return 0
