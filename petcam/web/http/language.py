"""The language of what a request is answered with: the one that this browser has chosen on a page, else the first of
the browser's own; Japanese where it names none, English where it names only others than there are (words/).

It is chosen by ``?language=TAG`` on any page, as its links have it, and kept in a cookie that says nothing else.
"""

import json
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, g, request

from petcam.errors import PetcamError
from petcam.words import ENGLISH, Words

WITHOUT_PREFERENCE = "ja"
ARGUMENT = "language"
COOKIE = "petcam_language"
COOKIE_SECONDS = 365 * 86400
MODULE_SECTIONS = {  # that the browser modules of a page say
    "live": ("state", "live", "errors", "classes"),
    "recordings": ("state", "recordings", "errors", "classes"),
    "settings": ("state", "settings", "errors", "classes"),
}


class Choice(NamedTuple):
    """A link to the same page in another language, or in this one."""

    tag: str
    name: str  # in itself
    href: str


class Language:
    """What the current request is answered with."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def register(self, app: Flask) -> None:
        app.context_processor(self.for_templates)
        app.after_request(self._remember)

    def for_templates(self) -> dict[str, object]:
        """``language``, ``say(key, place=value)`` in it: a page has dozens of texts, and one language; and
        ``languages``, which there are."""
        language = self.name()
        return {"language": language, "say": partial(self._words.text, language), "languages": self._choices()}

    def name(self) -> str:
        """One of those of the catalogues."""
        if "petcam_language" not in g:
            g.petcam_language = self._chosen() or self._of_browser()
        found: str = g.petcam_language
        return found

    def say(self, key: str, **values: object) -> str:
        return self._words.text(self.name(), key, **values)

    def files(self) -> dict[str, bytes]:
        """What browser modules say, by page and language: static files named ``words/PAGE/LANGUAGE.json``."""
        return {
            f"words/{page}/{name}.json": self._for_modules(page, name)
            for page in MODULE_SECTIONS
            for name in self._words.languages
        }

    def _for_modules(self, page: str, language: str) -> bytes:
        sections = self._words.sections(language, MODULE_SECTIONS[page])
        return json.dumps(sections, ensure_ascii=False, separators=(",", ":")).encode()

    def explain(self, error: PetcamError) -> str:
        """What a page says of ``error``: its own words, those of its phrase, or the English message."""
        for key in (error.key, f"refusals.{error.code.value}", f"errors.{error.code.value}"):
            if self._words.has(key):
                return self.say(key, **error.values)
        return error.message

    def explain_phrase(self, phrase: str) -> str:
        """What a page says of an error that has no more than HTTP's phrase."""
        keys = (f"refusals.{phrase}", "page.error.other")
        return next((self.say(key) for key in keys if self._words.has(key)), phrase)

    def _chosen(self) -> str | None:
        """By the address, or before."""
        asked = (dict(_arguments()).get(ARGUMENT, ""), request.cookies.get(COOKIE, ""))
        return next((tag for tag in asked if tag in self._words.languages), None)

    def _of_browser(self) -> str:
        accepted = list(request.accept_languages.values())  # best first
        fallback = ENGLISH if accepted else WITHOUT_PREFERENCE
        return self._words.best([*accepted, fallback]) or ENGLISH

    def _choices(self) -> list[Choice]:
        others = [(name, value) for name, value in _arguments() if name != ARGUMENT]
        return [
            Choice(tag, self._words.text(tag, "page.language.own"), f"?{urlencode([*others, (ARGUMENT, tag)])}")
            for tag in self._words.languages
        ]

    def _remember(self, answer: Response) -> Response:
        """Of an answer that has words of a language."""
        language = g.get("petcam_language")
        if language is None:
            return answer
        answer.vary.update(("Accept-Language", "Cookie"))
        if (ARGUMENT, language) in _arguments():
            path = request.script_root or "/"
            answer.set_cookie(COOKIE, language, COOKIE_SECONDS, path=path, httponly=True, samesite="Lax")
        return answer


def _arguments() -> list[tuple[str, str]]:
    """Of the query, also where that is refused as no text: the page that says so has a language too."""
    return parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
