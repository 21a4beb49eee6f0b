"""The ``petcam`` command: finds the subcommand's module, reads the configuration and turns errors into exit codes.

A subcommand is a module of ``petcam.commands`` with ``add_arguments(parser)`` and ``run(args, config) -> int``. It is
imported only when it is called, so that ``petcam feed`` does not pay for Flask.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from petcam import __version__, config
from petcam.errors import Code, PetcamError
from petcam.system.logs import log_to_stderr
from petcam.words import explain

COMMANDS = {
    "web": ("petcam.commands.web", "the web service"),
    "feed": ("petcam.commands.feed", "write a camera, file or demo into the shared memory"),
    "detect": ("petcam.commands.detect", "look for pets in the video, or in a file"),
    "events": ("petcam.commands.events", "notice when pets come and go, and keep it"),
    "notify": ("petcam.commands.notify", "try the ways by which people are told"),
    "sources": ("petcam.commands.sources", "list the cameras that can be found, each with the line to write"),
    "demo": ("petcam.commands.demo", "feed, streamer, web and events together, for a trial"),
    "compare": ("petcam.commands.compare", "run both WebRTC backends side by side and say which to choose"),
    "check-config": ("petcam.commands.check_config", "validate the configuration"),
    "shm": ("petcam.commands.shm", "look at the shared-memory segments"),
    "password": ("petcam.commands.password", "set or reset the owner's password"),
    "camera": ("petcam.commands.camera", "turn the camera off for all, and on again"),
    "token": ("petcam.commands.token", "tokens for programs that watch and cannot log in"),
    "doctor": ("petcam.commands.doctor", "say what works on this board, and the remedy for what does not"),
}
CONFIG_HELP = f"default {config.DEFAULT_PATH}"
EXIT_USAGE = 2
EXIT_CONFIG = 78  # EX_CONFIG; systemd does not restart after it


class CommandParser(argparse.ArgumentParser):
    """Of one subcommand, or of an action within one; imports its module once its words are to be read."""

    module = ""  # none: of an action

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # SUPPRESS: one that stands before the subcommand must survive the subcommand's own default.
        self.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=CONFIG_HELP)

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        if self.module:
            module = importlib.import_module(self.module)
            module.add_arguments(self)
            self.set_defaults(run=module.run)
        return super().parse_known_args(args, namespace)


def main(argv: Sequence[str] | None = None) -> int:
    log_to_stderr()
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args, _load(args)))
    except PetcamError as error:
        for line in explain(error).splitlines():
            print(f"petcam: {line}", file=sys.stderr)
        return EXIT_CONFIG if error.code in (Code.BAD_CONFIG, Code.BAD_MODEL) else 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="petcam", description="A pet camera for small Linux boards.")
    parser.add_argument("--version", action="version", version=f"petcam {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=CommandParser)
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.module = module
    return parser


def _load(args: argparse.Namespace) -> config.Config:
    """The configuration; a missing file is an error only where it was asked for by name."""
    log = logging.getLogger("petcam.config")
    path: Path | None = getattr(args, "file", None) or args.config  # check-config's FILE goes before
    if path is None and not config.DEFAULT_PATH.exists():
        if args.command != "demo":  # which brings its own
            log.info("%s does not exist; every key has its default", config.DEFAULT_PATH)
        return config.Config()
    loaded, warnings = config.load(path or config.DEFAULT_PATH)
    for warning in () if args.command == "check-config" else warnings:  # which says more of them
        log.warning("%s", warning)
    return loaded


if __name__ == "__main__":
    sys.exit(main())
