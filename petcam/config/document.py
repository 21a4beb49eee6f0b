"""A YAML text as nodes whose scalars are all text, with the lines on which they stand."""

import re
import unicodedata
from typing import Any, NamedTuple

import yaml

DEEPEST = 20  # levels of nesting; petcam.yaml has three
SHOWN_AT_MOST = 60  # characters of a text in a message
LINE_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
COMMENT = re.compile("(^| )#.*", re.DOTALL)
INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's categories; some of them would break a message's line


class Refused(Exception):
    """What is wrong in a file; with its line, counted from 1, where that is known."""

    def __init__(self, line: int | None, words: str) -> None:
        super().__init__(words if line is None else f"line {line}: {words}")


class Entry(NamedTuple):
    line: int  # of the key
    value: yaml.Node


class _Loader(yaml.BaseLoader):
    """Composes the nodes of a text and refuses what petcam.yaml has no use for."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._check(event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _check(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if self._depth == DEEPEST:
            raise Refused(line, f"is nested more than {DEEPEST} levels deep")
        if getattr(event, "tag", None) not in (None, "!"):
            raise Refused(line, "a tag such as !!str is not allowed")
        if isinstance(event, yaml.NodeEvent) and event.anchor and not isinstance(event, yaml.AliasEvent):
            raise Refused(line, "an anchor such as &a is not allowed; write the value itself")
        if re.search("[\ud800-\udfff]", getattr(event, "value", "")):  # Python would take half a character
            raise Refused(line, "is not YAML: found invalid Unicode character escape code")


def compose(text: str) -> yaml.Node | None:
    """The one document of ``text``; None if it is empty. Raises :class:`Refused`."""
    _refuse_tabs(text)
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Refused(line, f"is not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # all are PyYAML's
        raise Refused(None, "is not YAML: it holds characters that are not allowed") from error
    if root is not None:
        _refuse_equal_keys(root)
    return root


def _refuse_equal_keys(node: yaml.Node) -> None:
    """On every level, of unknown keys too: which of them counts would have to be guessed."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_equal_keys(item)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in lines:
                first = lines[key.value]
                raise Refused(line_of(key), f"the key {quoted(key)} stands there already, in line {first}")
            lines[key.value] = line_of(key)
        _refuse_equal_keys(key)
        _refuse_equal_keys(value)


def _refuse_tabs(text: str) -> None:
    """Outside of comments: where they count as spaces, YAML libraries do not agree."""
    for index, line in enumerate(LINE_BREAK.split(text)):
        if "\t" in COMMENT.sub("", line):
            raise Refused(index + 1, "a tab is not allowed; write spaces")


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def is_empty(node: yaml.Node) -> bool:
    """Nothing stands there, not even quotes."""
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value == ""


def quoted(node: yaml.Node) -> str:
    """A scalar's text on one line, or what else the node is."""
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return f"'{shown(node.value)}'" if isinstance(node, yaml.ScalarNode) else "a mapping"


def shown(text: str) -> str:
    if len(text) > SHOWN_AT_MOST:
        text = text[: SHOWN_AT_MOST - 3] + "..."
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in INVISIBLE else c for c in text)


def entries(node: yaml.Node, wanted: str) -> dict[str, Entry]:
    """By key. Nothing is an empty mapping.

    Raises :class:`Refused`, of anything else with what was ``wanted``.
    """
    if is_empty(node):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Refused(line_of(node), f"{wanted}, not {quoted(node)}")
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Refused(line_of(key), f"{quoted(key)} is not allowed as a key")
        found[key.value] = Entry(line_of(key), value)
    return found
