"""The ``petcam`` command: finds the subcommand's module, reads the configuration and turns errors into exit codes.

A subcommand is a module with ``add_arguments(parser)`` and ``run(args, config) -> int``. It is imported only
when it is called, so that ``petcam feed`` does not pay for Flask.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from petcam import __version__, config
from petcam.command_words import explain
from petcam.errors import Code, PetcamError

COMMANDS = {
    "web": ("petcam.web.command", "the web service"),
    "feed": ("petcam.feed.command", "write a camera, file or demo into the shared memory"),
    "demo": ("petcam.demo", "feed, streamer and web together, for a trial"),
    "compare": ("petcam.compare.command", "run both WebRTC backends side by side and say which to choose"),
    "check-config": ("petcam.check_config", "validate the configuration"),
    "shm": ("petcam.shm.command", "look at the shared-memory segments"),
    "password": ("petcam.password", "set or reset the owner's password"),
    "token": ("petcam.viewing_token", "tokens for programs that watch and cannot log in"),
    "doctor": ("petcam.doctor", "say what works on this board, and the remedy for what does not"),
}
EXIT_USAGE = 2
EXIT_CONFIG = 78  # EX_CONFIG; systemd does not restart after it


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    args = _parser(words).parse_args(words)
    try:
        return int(args.run(args, _load(args)))
    except PetcamError as error:
        print(f"petcam: {explain(error)}", file=sys.stderr)
        return EXIT_CONFIG if error.code is Code.BAD_CONFIG else 1
    except KeyboardInterrupt:
        return 130


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    # SUPPRESS below: a --config before the subcommand must survive the subcommand's own default.
    parser = argparse.ArgumentParser(prog="petcam", description="A pet camera for small Linux boards.")
    parser.add_argument("--version", action="version", version=f"petcam {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"default {config.DEFAULT_PATH}")
    called = _called(words)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        if name == called:
            module = importlib.import_module(module_name)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _called(words: Sequence[str]) -> str | None:
    """The subcommand among the words: the first that is neither an option nor --config's value."""
    for before, word in zip(("", *words), words, strict=False):
        if not word.startswith("-") and before != "--config":
            return word
    return None


def _load(args: argparse.Namespace) -> config.Config:
    """The configuration; a missing file is an error only where it was asked for by name."""
    log = logging.getLogger("petcam.config")
    path: Path | None = getattr(args, "file", None) or args.config  # check-config's FILE goes before
    if path is None and not config.DEFAULT_PATH.exists():
        if args.command != "demo":  # which brings its own
            log.info("%s does not exist; every key has its default", config.DEFAULT_PATH)
        return config.Config()
    loaded, warnings = config.load(path or config.DEFAULT_PATH)
    for warning in warnings:
        log.warning("%s", warning)
    return loaded


if __name__ == "__main__":
    sys.exit(main())
