"""``petcam check-config [FILE]``: validate the configuration, more strictly than the services at their start.

They begin with whatever leaves something to see, so that neither an update nor a way back keeps a camera off; here what
cannot work is refused.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

from petcam import config
from petcam.commands.service_paths import out_of_sight
from petcam.config import Config, Mistake
from petcam.errors import Code, PetcamError
from petcam.feed import sources

_log = logging.getLogger("petcam.config")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: what --config says")


def run(args: argparse.Namespace, _: Config) -> int:
    """An error in the file has ended the command before this, with its one line and exit status 78."""
    path = args.file or args.config or config.DEFAULT_PATH
    if not path.exists():
        raise PetcamError(Code.BAD_CONFIG, f"{path}: does not exist; name another file")
    loaded, warnings = config.load(path)
    for warning in warnings:
        if not isinstance(warning, Mistake):
            _log.warning("%s", warning)
    mistakes = [warning for warning in warnings if isinstance(warning, Mistake)]
    if not mistakes:  # else the source may be one of them
        mistakes = [Mistake(f"{path}: {mistake}") for mistake in (*_of_source(loaded), *out_of_sight(loaded))]
    if mistakes:
        raise PetcamError(Code.BAD_CONFIG, "\n".join(mistakes))
    source = loaded.camera.source
    if source.startswith("/") and not Path(source).exists():
        _log.warning("%s: camera.source: %s is not there; petcam-feed waits for it", path, source)
    print(f"{path}: ok")
    return 0


def _of_source(loaded: Config) -> Iterator[str]:
    """What petcam-feed would say of it for ever."""
    fault = sources.fault_of_service(loaded.camera.source)
    if fault:
        yield f"camera.source: {fault}"
