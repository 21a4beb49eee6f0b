"""Parts of a page, as docs/page-bundle.md has them: a text, or a list whose first element says what it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from tools.pages.values import Choice, Sequence, Value, Variable

Part = Any


@dataclass(frozen=True)
class Markups:
    """Parts as a value: what a macro gives."""

    parts: tuple[Part, ...]


def written(value: Value) -> list[Part]:
    """What a page has of ``value``. Raises ``ValueError`` for what nobody means to write, such as ``None``."""
    if isinstance(value, Markups):
        return list(value.parts)
    if isinstance(value, Variable) and value.how != "json":
        return [[value.how, value.name]]
    if isinstance(value, Choice):
        return [["if", value.condition, merged(written(value.then)), merged(written(value.otherwise))]]
    if isinstance(value, Sequence):
        return [part for each in value.values for part in written(each)]
    if isinstance(value, str | int) and not isinstance(value, bool):
        return [str(escape(value))]
    raise ValueError(f"{value!r} cannot be written into a page")


def merged(parts: list[Part]) -> list[Part]:
    """Texts that stand side by side as one."""
    found: list[Part] = []
    for each in parts:
        if isinstance(each, str) and found and isinstance(found[-1], str):
            found[-1] += each
        elif each != "":
            found.append(each)
    return found


def kinds(parts: list[Part]) -> Iterator[str]:
    """The kind of each part that is no text, of those within others too."""
    for part in parts:
        if not isinstance(part, str):
            yield part[0]
            for within in part[2:]:
                yield from kinds(within) if isinstance(within, list) else ()
