"""What an expression of a template is before a request is there: constants, and what only the request will know.

A condition is a bool, or one of ``("set", NAME)``, ``("is", NAME, TEXT)``, ``("not", C)``, ``("and", C, C)`` and
``("or", C, C)``. A value is a constant of Python's, or one of the classes here. None of them changes. What cannot be
said of a value raises ``ValueError``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from markupsafe import Markup

Condition = Any  # see above
Value = Any
Result = TypeVar("Result")


@dataclass(frozen=True)
class Variable:
    """A text of the request's. ``how`` says what it is, and how a page has it: ``text`` is escaped; ``raw`` is markup
    that petcam made; ``say`` is the key of a text; ``json`` becomes ``raw`` by ``|tojson`` and is good for nothing
    else."""

    name: str
    how: str = "text"


@dataclass(frozen=True)
class Rows:
    """A list of the request's, whose rows have texts by the names of ``columns``."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    condition: Condition
    then: Value
    otherwise: Value


@dataclass(frozen=True)
class Sequence:
    """Texts one behind the other."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Record:
    """What templates take fields of: ``camera.on``."""

    fields: dict[str, Value]


@dataclass(frozen=True)
class Function:
    """One of the host's; it gets values, and returns one."""

    call: Callable[..., Value]


def choose(condition: Condition, then: Value, otherwise: Value) -> Value:
    if condition is True or then is otherwise or type(then) is type(otherwise) is not Choice and then == otherwise:
        return then
    return otherwise if condition is False else Choice(condition, then, otherwise)


def negated(condition: Condition) -> Condition:
    if isinstance(condition, bool):
        return not condition
    return condition[1] if condition[0] == "not" else ("not", condition)


def both(first: Condition, second: Condition) -> Condition:
    if first is False or second is False or first == negated(second):
        return False
    if first is True:
        return second
    return first if second is True else ("and", first, second)


def either(first: Condition, second: Condition) -> Condition:
    if first is True or second is True or first == negated(second):
        return True
    if first is False:
        return second
    return first if second is False else ("or", first, second)


def truth(value: Value) -> Condition:
    """Whether Jinja takes ``value`` for true."""
    if isinstance(value, Variable) and value.how in ("text", "raw"):
        return ("set", value.name)
    if isinstance(value, Choice):
        return _of_choice(value, truth)
    if isinstance(value, Sequence):
        found: Condition = False
        for each in value.values:
            found = either(found, truth(each))
        return found
    if isinstance(value, str | int | tuple | dict):
        return bool(value)
    raise ValueError(f"{value!r} is neither true nor false")


def equal(value: Value, other: Value) -> Condition:
    """Whether they are the same; at least one of them has to be a constant."""
    if isinstance(value, Choice):
        return _of_choice(value, lambda each: equal(each, other))
    if isinstance(other, Choice):
        return _of_choice(other, lambda each: equal(value, each))
    if isinstance(other, Variable):
        value, other = other, value
    if isinstance(value, Variable) and value.how == "text" and isinstance(other, str):
        return ("is", value.name, str(other)) if other else negated(truth(value))
    if isinstance(value, str | int) and isinstance(other, str | int):
        return bool(value == other)
    raise ValueError(f"{value!r} and {other!r} cannot be compared")


def as_value(condition: Condition) -> Value:
    return condition if isinstance(condition, bool) else Choice(condition, True, False)


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """``change`` of each of the values that ``value`` may be."""
    if isinstance(value, Choice):
        return choose(value.condition, mapped(value.then, change), mapped(value.otherwise, change))
    return change(value)


def plain(value: Value) -> Value:
    """``value`` as what Python's ``str()`` makes of it, which is never markup."""
    if isinstance(value, Choice):
        return choose(value.condition, plain(value.then), plain(value.otherwise))
    if isinstance(value, Sequence):
        return Sequence(tuple(plain(each) for each in value.values))
    if isinstance(value, Variable) and value.how == "text":
        return value
    if isinstance(value, str | int) and not isinstance(value, bool | Markup):
        return str(value)
    raise ValueError(f"{value!r} is no plain text")


def joined(values: list[Value]) -> Value:
    """Plain texts one behind the other; a constant where all of them are."""
    texts = [plain(each) for each in values]
    return "".join(texts) if all(isinstance(each, str) for each in texts) else Sequence(tuple(texts))


def looked_up(of: dict[Any, Value], key: Value, default: Value) -> Value:
    """What ``of`` has for ``key``."""
    if isinstance(key, Variable):
        found = default
        for each, value in reversed(of.items()):
            found = choose(equal(key, each), value, found)
        return found
    if isinstance(key, str | int):
        return of.get(key, default)
    raise ValueError(f"{key!r} cannot be looked up")


def _of_choice(choice: Choice, of: Callable[[Value], Condition]) -> Condition:
    then, otherwise = of(choice.then), of(choice.otherwise)
    if then is otherwise and isinstance(then, bool):
        return then
    return either(both(choice.condition, then), both(negated(choice.condition), otherwise))
