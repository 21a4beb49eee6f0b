"""The query of a request: refused where it cannot be read as text, before anything reads it; and the numbers in it.

What is checked of a number is what is used of it: its text has one form, and what that says is within the range.
"""

import re

from flask import Flask, request

from petcam.errors import Code, PetcamError

WHOLE_NUMBER = re.compile(r"[0-9]{1,15}")  # of ASCII; int() takes more forms, and raises for thousands of digits
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def register(app: Flask) -> None:
    app.before_request(refuse_undecodable)


def refuse_undecodable() -> None:
    """Browsers escape what is not ASCII. Some of werkzeug's readers raise for other bytes than UTF-8."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError as error:
        raise PetcamError(Code.BAD_REQUEST, "the query is not UTF-8") from error


def whole_number(name: str, allowed: tuple[int, int], default: int) -> int:
    """The number that the query gives ``name``. Raises ``BAD_REQUEST`` where it is not from the first of ``allowed`` to
    the second."""
    return int(_checked(name, WHOLE_NUMBER, allowed, default))


def number(name: str, allowed: tuple[float, float], default: float) -> float:
    return _checked(name, NUMBER, allowed, default)


def _checked(name: str, form: re.Pattern[str], allowed: tuple[float, float], default: float) -> float:
    text = request.args.get(name)
    if text is None:
        return default
    if not form.fullmatch(text) or not allowed[0] <= float(text) <= allowed[1]:
        kind = "whole number" if form is WHOLE_NUMBER else "number"
        raise PetcamError(Code.BAD_REQUEST, f"{name} must be a {kind} from {allowed[0]:g} to {allowed[1]:g}")
    return float(text)
