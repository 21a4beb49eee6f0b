"""What an expression of a template is before a request is there: constants, and what only the request will know.

A condition is ``("set", NAME)``, ``("is", NAME, TEXT)``, ``("not", C)``, ``("and", C, C)`` or ``("or", C, C)``, or a bool.
A value is a constant, a :class:`Variable`, a :class:`Choice` between two values, or a :class:`Sequence` of them. No value
changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

Condition = Any  # see above
Value = Any


@dataclass(frozen=True)
class Variable:
    """A text of the request's. ``how`` it is written into a page: ``text`` is escaped; ``raw`` is markup, or JSON made for
    a page; ``say`` is the key of a text."""

    name: str
    how: str = "text"


@dataclass(frozen=True)
class Choice:
    condition: Condition
    then: Value
    otherwise: Value


@dataclass(frozen=True)
class Sequence:
    """Values one behind the other, as text or, ``is_markup``, as part of a page."""

    values: tuple[Value, ...]
    is_markup: bool = False


def choose(condition: Condition, then: Value, otherwise: Value) -> Value:
    if condition is True or then == otherwise and type(then) is type(otherwise):
        return then
    return otherwise if condition is False else Choice(condition, then, otherwise)


def negated(condition: Condition) -> Condition:
    if isinstance(condition, bool):
        return not condition
    return condition[1] if condition[0] == "not" else ("not", condition)


def both(first: Condition, second: Condition) -> Condition:
    if first is False or second is False:
        return False
    if first is True:
        return second
    return first if second is True else ("and", first, second)


def either(first: Condition, second: Condition) -> Condition:
    if first is True or second is True:
        return True
    if first is False:
        return second
    return first if second is False else ("or", first, second)


def truth(value: Value) -> Condition:
    """Whether Jinja takes ``value`` for true."""
    if isinstance(value, Variable):
        return ("set", value.name)
    if isinstance(value, Choice):
        then, otherwise = truth(value.then), truth(value.otherwise)
        return either(both(value.condition, then), both(negated(value.condition), otherwise))
    if isinstance(value, Sequence):
        found: Condition = False
        for each in value.values:
            found = either(found, truth(each))
        return found
    return bool(value)


def equal(value: Value, other: Value) -> Condition:
    """Whether they are the same; at least one of them has to be a constant."""
    if isinstance(value, Choice):
        then, otherwise = equal(value.then, other), equal(value.otherwise, other)
        return either(both(value.condition, then), both(negated(value.condition), otherwise))
    if isinstance(value, Variable) and isinstance(other, str):
        return ("is", value.name, str(other)) if other else negated(truth(value))
    if isinstance(other, Variable | Choice):
        return equal(other, value)
    if isinstance(value, Variable | Sequence) or isinstance(other, Sequence):
        raise TypeError(f"cannot be compared: {value!r}, {other!r}")
    return bool(value == other)


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """``change`` of each of the values that ``value`` may be."""
    if isinstance(value, Choice):
        return choose(value.condition, mapped(value.then, change), mapped(value.otherwise, change))
    return change(value)


def joined(values: list[Value], is_markup: bool = False) -> Value:
    """Texts one behind the other; constants where all of them are."""
    if all(isinstance(each, str) and not isinstance(each, Markup) for each in values) and not is_markup:
        return "".join(values)
    return Sequence(tuple(values), is_markup)
