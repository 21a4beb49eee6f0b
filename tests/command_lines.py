"""Every command of ``petcam`` with its parser, and lines that a person may type."""

import argparse
import importlib
from collections.abc import Iterator
from itertools import product

from petcam import cli

VALUE = "7"  # every option and every argument takes it, but for one that has its words

Words = tuple[str, ...]


def parsers() -> Iterator[tuple[Words, argparse.ArgumentParser]]:
    """``("token", "add")`` and what reads it; ``("token",)`` is there, too."""
    for name, (module, _) in cli.COMMANDS.items():
        parser = cli.CommandParser(prog=f"petcam {name}")
        importlib.import_module(module).add_arguments(parser)
        yield (name,), parser
        for action in _actions(parser):
            yield from (((name, word), each) for word, each in action.choices.items())


def commands() -> dict[Words, argparse.ArgumentParser]:
    """Those that can be run."""
    return {words: parser for words, parser in parsers() if not any(each.required for each in _actions(parser))}


def arguments(parser: argparse.ArgumentParser) -> Words:
    """The words of a line behind its command."""
    words = (each for each in parser._actions if not isinstance(each, argparse._SubParsersAction))
    return tuple(VALUE for each in words if not each.option_strings)


def options(parser: argparse.ArgumentParser) -> dict[str, Words]:
    """The words of each option, ``--config FILE`` and ``--help`` too."""
    found: dict[str, Words] = {}
    for action in parser._actions:
        values = () if action.nargs == 0 else (list(action.choices)[-1] if action.choices else VALUE,)
        found.update({name: (name, *values) for name in action.option_strings if name.startswith("--")})
    return found


def lines() -> Iterator[tuple[Words, str]]:
    """Each command with each of its options."""
    for words, parser in commands().items():
        yield from product([words], options(parser))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse._SubParsersAction]:  # type: ignore[type-arg]
    return (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
