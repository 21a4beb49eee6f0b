"""The language of what a request is answered with: the browser's; Japanese where it names none, English where it
names only others than there are (words/)."""

import json
from functools import partial

from flask import Flask, request

from petcam.errors import PetcamError
from petcam.words import ENGLISH, Words

WITHOUT_PREFERENCE = "ja"
MODULE_SECTIONS = {  # that the browser modules of a page say
    "live": ("state", "live", "errors", "classes"),
    "recordings": ("state", "recordings", "errors"),
}


class Language:
    """What the current request is answered with."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def register(self, app: Flask) -> None:
        app.context_processor(self._for_templates)

    def _for_templates(self) -> dict[str, object]:
        """``language``, and ``say(key, place=value)`` in it: a page has dozens of texts, and one language."""
        language = self.name()
        return {"language": language, "say": partial(self._words.text, language)}

    def name(self) -> str:
        """One of those of the catalogues."""
        accepted = list(request.accept_languages.values())  # best first
        fallback = ENGLISH if accepted else WITHOUT_PREFERENCE
        return self._words.best([*accepted, fallback]) or ENGLISH

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
        key = f"refusals.{phrase}"
        return self.say(key) if self._words.has(key) else phrase
