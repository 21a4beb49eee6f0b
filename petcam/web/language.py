"""The language of what a request is answered with: the browser's; Japanese where it names none, English where it
names only others than there are (words/)."""

from typing import cast

from flask import Flask, current_app, request
from jinja2.utils import htmlsafe_json_dumps

from petcam.errors import PetcamError
from petcam.words import ENGLISH, Words

UNASKED = "ja"
EXTENSION = "petcam.words"


def register(app: Flask, words: Words) -> None:
    """For templates: ``language``, ``say(key, place=value)`` and ``words_of(section, ...)``, which modules read."""
    app.extensions[EXTENSION] = words
    app.context_processor(lambda: {"language": language(), "say": say, "words_of": words_of})


def language() -> str:
    """One of those of the catalogues."""
    accepted = list(request.accept_languages.values())  # best first
    unheard = ENGLISH if accepted else UNASKED
    return _words().best([*accepted, unheard]) or ENGLISH


def say(key: str, **values: object) -> str:
    return _words().text(language(), key, **values)


def words_of(*sections: str) -> str:
    """JSON for a ``<script>``, its letters as they are: escaped they would weigh twice as much."""
    found = _words().sections(language(), sections)
    return htmlsafe_json_dumps(found, ensure_ascii=False, separators=(",", ":"))


def explain(error: PetcamError) -> str:
    """What a page says of ``error``: its own words, those of its phrase, or the English message."""
    for key in (error.key, f"refusals.{error.code.value}", f"errors.{error.code.value}"):
        if _words().has(key):
            return say(key, **error.values)
    return error.message


def explain_phrase(phrase: str) -> str:
    key = f"refusals.{phrase}"
    return say(key) if _words().has(key) else phrase


def _words() -> Words:
    return cast(Words, current_app.extensions[EXTENSION])
