"""Every command that petcam prints for people to type, found in its sources; ``{}`` stands for what is filled in."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "docs/state.md", "docs/man/petcam.1", "docs/man/petcam.yaml.5", "etc/petcam.yaml")
START = re.compile(
    r"\bsudo (?=[a-z/])|(?<!sudo )(?<![\w./-])(?=petcam (?:check-config|password|token|camera|shm|doctor)\b)"
)
END = re.compile(r"[;()|\"`<>\n]|,(?: |$)|[^\x00-\x7f]|: |\. |\.$")
# What belongs to the command, where prose may follow it. Of other programs: all up to END.
GRAMMAR = (
    r"petcam shm [a-z]+(?: \{\}| /\w+)?",
    r"petcam(?:-streamer)? (?:token|camera|notify) [a-z]+",
    r"petcam(?:-streamer)? [a-z-]+(?: --[a-z]+)*",
    r"systemctl [a-z-]+(?: (?:petcam|avahi)[\w.-]*)*",
    r"journalctl (?:-k|-u \S+)",
    r"(?:apt|apt-get) install \S+",
    r"/usr/lib/petcam/[a-z-]+",
)


def printed(*folders: str) -> dict[str, str]:
    """Each command, and the file that has it; where folders are named, in these alone."""
    return {command: place for place, text in _texts() if place.startswith(folders or "") for command in commands(text)}


def commands(text: str) -> list[str]:
    """Those in a text that is shown to people."""
    return [_command(text[match.start() :]) for match in START.finditer(text)]


def _command(text: str) -> str:
    words = END.split(text, maxsplit=1)[0].strip()
    sudo, command = ("sudo ", words[5:].lstrip()) if words.startswith("sudo ") else ("", words)
    known = next(filter(None, (re.match(pattern, command) for pattern in GRAMMAR)), None)
    return sudo + (known[0] if known else command)


def _texts() -> Iterator[tuple[str, str]]:
    """File by file, each text in it."""
    for path in sorted((TOP / "petcam").rglob("*.py")):
        yield from ((_name(path), text) for text in _python(ast.parse(path.read_text(encoding="utf-8"))))
    for path in sorted((TOP / "streamer").rglob("*.go")):
        if not path.name.endswith("_test.go"):
            yield from ((_name(path), text) for text in _go(path.read_text(encoding="utf-8")))
    for path in (TOP / "words").glob("*.json"):
        yield from (
            (_name(path), re.sub(r"\{\w+\}", "{}", text)) for text in _leaves(json.loads(path.read_text("utf-8")))
        )
    for path in (TOP / "templates").glob("*.html"):
        yield from ((_name(path), text) for text in re.findall(r"<code>(.*?)</code>", path.read_text(encoding="utf-8")))
    for path in (*(TOP / "debian").glob("petcam.p*"), *map(TOP.joinpath, DOCUMENTS)):
        if path.suffix != ".service":
            yield _name(path), path.read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(TOP))


def _python(node: ast.AST) -> Iterator[str]:
    """The strings that are no docstrings."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in child.values)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield re.sub(r"\{\w+\}|%s", "{}", child.value)
        else:
            yield from _python(child)


def _go(text: str) -> Iterator[str]:
    joined = re.sub(r'" \+\n?\s*"', "", re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE))
    for literal in re.findall(r'"(?:[^"\\\n]|\\.)*"', joined):
        yield re.sub(r"%(?:\[\d\])?[sv]|\{\w+\}", "{}", literal[1:-1])


def _leaves(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    else:
        for each in found.values():
            yield from _leaves(each)
