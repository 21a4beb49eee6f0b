"""Marks say who may use a route. They are put on its view function and read by the checks in front of every route.

A view without marks is for logged-in users; a change (POST, PUT, DELETE) is for the owner alone; errors are answered in
JSON.
"""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from flask import current_app, request

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., object])
MARKS_ATTRIBUTE = "petcam_marks"


class Mark(Enum):
    PAGE = "a person reads the answer: errors are words, and who is not logged in goes to the login"
    FOR_EVERYBODY = "also for those who are not logged in"
    FOR_VIEWERS = "a change that viewers may make too"
    FOR_OWNER = "viewers may not even look"
    FOR_PROGRAMS = "a viewing token opens it"
    FOR_SWITCHES = "so does one that may turn the camera"
    LIVE = "it shows or records what the camera sees now: refused while that is off"


def marked(*marks: Mark) -> Callable[[ViewFunction], ViewFunction]:
    def mark(view: ViewFunction) -> ViewFunction:
        setattr(view, MARKS_ATTRIBUTE, frozenset(marks))
        return view

    return mark


def has_mark(mark: Mark) -> bool:
    """Whether the view of the current request has ``mark``. A path without a route has no marks."""
    view = current_app.view_functions.get(request.endpoint or "")
    return mark in getattr(view, MARKS_ATTRIBUTE, ())
