"""Whom a route is for: said at its view, and read by the gates in front of every route.

A view without marks is for those who are logged in; a change (POST, PUT, DELETE) is for the owner alone, and errors are
answered in JSON.
"""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from flask import current_app, request

View = TypeVar("View", bound=Callable[..., object])
ATTRIBUTE = "petcam_marks"


class Mark(Enum):
    PAGE = "a person reads the answer: errors are words, and who is not logged in goes to the login"
    FOR_EVERYBODY = "also for those who are not logged in"
    FOR_VIEWERS = "a change that viewers may make too"
    FOR_PROGRAMS = "a viewing token opens it"


def marked(*marks: Mark) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, ATTRIBUTE, frozenset(marks))
        return view

    return mark


def has(mark: Mark) -> bool:
    """Whether the view of the current request has it. A path without a route has no marks."""
    view = current_app.view_functions.get(request.endpoint or "")
    return mark in getattr(view, ATTRIBUTE, ())
