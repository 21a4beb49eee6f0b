"""The language of what a request is answered with: the browser's; Japanese where it names none, English where it
names only others than there are (words/)."""

import json
from functools import partial

from flask import Flask, request

from petcam.errors import PetcamError
from petcam.words import ENGLISH, Words

WITHOUT_PREFERENCE = "ja"
MODULE_SECTIONS = ("state", "live", "recordings", "errors", "classes")  # that browser modules say


class Language:
    """What the current request is answered with."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def register(self, app: Flask) -> None:
        """For templates: ``language`` and ``say(key, place=value)``."""
        app.context_processor(lambda: {"language": self.name(), "say": self.say})

    def name(self) -> str:
        """One of those of the catalogues."""
        accepted = list(request.accept_languages.values())  # best first
        fallback = ENGLISH if accepted else WITHOUT_PREFERENCE
        return self._words.best([*accepted, fallback]) or ENGLISH

    def say(self, key: str, **values: object) -> str:
        return self._words.text(self.name(), key, **values)

    def files(self) -> dict[str, bytes]:
        """What browser modules say, by language: static files named ``words/LANGUAGE.json``."""
        found = {name: self._words.sections(name, MODULE_SECTIONS) for name in self._words.languages}
        dump = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
        return {f"words/{name}.json": dump(sections).encode() for name, sections in found.items()}

    def explain(self, error: PetcamError) -> str:
        """What a page says of ``error``: its own words, those of its phrase, or the English message."""
        for key in (error.key, f"refusals.{error.code.value}", f"errors.{error.code.value}"):
            if self._words.has(key):
                return self.say(key, **error.values)
        return error.message

    def explain_phrase(self, phrase: str) -> str:
        key = f"refusals.{phrase}"
        return self.say(key) if self._words.has(key) else phrase
