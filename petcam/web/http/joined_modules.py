"""Browser modules, joined into as few scripts as a page needs requests for.

In ``static/`` each module is a file of its own, and a browser can load it as it is. But from far away each level of
imports costs a round trip. So the server joins them at its start: what a page begins with into one script, and with
each ``import("./other.js")`` in it goes another, of what that needs beyond what is there by then. Every module is
evaluated once, in whichever script it came: it is a function that is called where it has no exports in
``petcamModules`` yet, and whose imports are looked up there.

This is no parser of JavaScript. It takes the forms that the modules here have, and raises ``ValueError``, with the
module and the line, for anything else that it could get wrong:

- ``import { a, b as c } from "./other.js";`` before all other code; ``import("./other.js")`` anywhere
- ``export`` before a ``function``, ``class`` or ``const``, at the beginning of a line; ``export { a, b };``
- comments: lines that begin with ``//``; ``/* … */`` from the beginning of a line, or within one line
- no quotes in regular expressions; no template literal over several lines; no circle of modules; no ``import.meta``
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAMES = r"[\w$]+(?: as [\w$]+)?"
PATH = r'"(\.{1,2}/[\w./]+\.js)"'
STATIC_IMPORT = re.compile(rf"import \{{\s*({NAMES}(?:,\s*{NAMES})*),?\s*\}} from {PATH};\n")
LATE_IMPORT = re.compile(rf"\bimport\({PATH}\)")
EXPORTED = re.compile(r"export (?=(?:(?:async )?function|class|const) ([\w$]+))")
EXPORT_LIST = re.compile(r"export \{ ([\w$]+(?:, [\w$]+)*) \};")
STRING = r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`'
COMMENT_WITHIN = re.compile(rf"({STRING})|/\*(?:(?!\*/).)*\*/ ?")
TEXT = re.compile(rf"{STRING}|//.*")  # also a comment behind code
MODULE_WORDS = re.compile(r"\b(?:import|export)\b|/\*|\*/")
REGISTRY = "const modules = (globalThis.petcamModules ??= {});\n"


@dataclass
class Module:
    """``name`` is its path below ``static/``, ``imports`` are pairs of names and another module's name."""

    name: str
    imports: list[tuple[str, str]] = field(default_factory=list)
    late: list[str] = field(default_factory=list)  # modules that it imports while it runs
    exports: list[str] = field(default_factory=list)
    code: str = ""

    @classmethod
    def read(cls, name: str, source: str) -> "Module":
        module = cls(name)
        code = "".join(_without_comments(name, source))
        while found := STATIC_IMPORT.match(code):
            module.imports.append((found[1], module._other(found[2])))
            code = code[found.end() :]
        module.code = "".join(f"{module._line(line)}\n" for line in code.splitlines())
        return module

    def _line(self, line: str) -> str:
        """The line without ``export``; what it exports and imports is noted."""
        if listed := EXPORT_LIST.fullmatch(line):
            self.exports += listed[1].split(", ")
            return ""
        if exported := EXPORTED.match(line):
            self.exports.append(exported[1])
            line = line[exported.end() :]
        self.late += [self._other(found[1]) for found in LATE_IMPORT.finditer(line)]
        rest = TEXT.sub("", LATE_IMPORT.sub("", line))
        if MODULE_WORDS.search(rest) or '"' in rest or "`" in rest:
            raise ValueError(f"{self.name}: this line cannot be joined with other modules: {line}")
        return line

    def _other(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.name), path))


class JoinedModules:
    """``sources`` are modules by their names; ``first`` is the one that the page begins with."""

    def __init__(self, sources: Mapping[str, str], first: str) -> None:
        self._sources, self._first = sources, first
        self._modules: dict[str, Module] = {}

    @classmethod
    def of(cls, folder: Path, first: str) -> "JoinedModules":
        paths = folder.rglob("*.js")
        return cls({path.relative_to(folder).as_posix(): path.read_text() for path in paths}, first)

    def first(self, folder: str) -> str:
        """The script to begin with, to be written into the page; ``folder`` is the path where the others are, below the
        page's root (``data-root``). It is no module, as browsers run those only once they have laid the page out."""
        at = f'import((document.documentElement.dataset.root ?? "") + "{folder}/%s")'
        functions = [_function(self._module(name), at) for name in self._needed(self._first)]
        return f'(() => {{\n"use strict";\n{REGISTRY}{"".join(functions)}}})();\n'

    def files(self) -> dict[str, bytes]:
        """The scripts that are imported later: static files named as their modules, in ``joined/``."""
        there = self._there()
        return {f"joined/{name}": self._script(name, there[name]).encode() for name in there if name != self._first}

    def _script(self, name: str, there: frozenset[str]) -> str:
        folder = posixpath.dirname(name)
        parts = [
            _function(self._module(each), 'import("./%s")', folder) for each in self._needed(name) if each not in there
        ]
        exports = f'export const {{ {", ".join(self._module(name).exports)} }} = modules["{name}"];\n'
        return REGISTRY + "".join(parts) + exports

    def _there(self) -> dict[str, frozenset[str]]:
        """Each script by the name of its module, and the modules that are there whenever it is imported."""
        found: dict[str, frozenset[str]] = {}
        waiting: list[tuple[str, frozenset[str]]] = [(self._first, frozenset())]
        while waiting:
            name, there = waiting.pop()
            if name in found and found[name] <= there:
                continue
            found[name] = found.get(name, there) & there
            needed = self._needed(name)
            waiting += [(late, found[name].union(needed)) for each in needed for late in self._module(each).late]
        return found

    def _needed(self, name: str, above: tuple[str, ...] = ()) -> list[str]:
        """The module's imports, theirs included, and itself: each after those that it needs."""
        if name in above:
            raise ValueError(f"{name}: in a circle of modules: {' → '.join(above)}")
        needed: dict[str, None] = {}
        for _, other in self._module(name).imports:
            needed |= dict.fromkeys(self._needed(other, (*above, name)))
        return [*needed, name]

    def _module(self, name: str) -> Module:
        if name not in self._modules:
            if name not in self._sources:
                raise ValueError(f"{name}: is imported, and there is no such module")
            self._modules[name] = Module.read(name, self._sources[name])
        return self._modules[name]


def _without_comments(name: str, source: str) -> Iterator[str]:
    """The lines, without indentation, that have code."""
    within = False
    for number, line in enumerate(source.splitlines(), 1):
        line = line.strip()
        if within or line.startswith("/*") and "*/" not in line:
            before, end, line = line.partition("*/")
            within = not end
            if within:
                continue
        line = COMMENT_WITHIN.sub(lambda found: found[1] or "", line).strip()
        if line and not line.startswith("//"):
            if TEXT.sub("", line).count("`"):
                raise ValueError(f"{name}:{number}: a template literal over several lines cannot be joined: {line}")
            yield line + "\n"


def _function(module: Module, at: str, folder: str | None = None) -> str:
    """The module as a function that is called at once where nobody has called it yet."""
    lines = [f'const {{ {names.replace(" as ", ": ")} }} = modules["{other}"];\n' for names, other in module.imports]

    def late(found: re.Match[str]) -> str:
        other = module._other(found[1])
        return at % (other if folder is None else posixpath.relpath(other, folder))

    code = LATE_IMPORT.sub(late, module.code)
    body = "".join(lines) + code
    return f'modules["{module.name}"] ??= (() => {{\n{body}return {{ {", ".join(module.exports)} }};\n}})();\n'
