"""The language of what a request is answered with: the browser's; Japanese where it names none, English where it
names only others than there are (words/)."""

from flask import Flask, request
from jinja2.utils import htmlsafe_json_dumps

from petcam.errors import PetcamError
from petcam.words import ENGLISH, Words

WITHOUT_PREFERENCE = "ja"


class Language:
    """What the current request is answered with."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def register(self, app: Flask) -> None:
        """For templates: ``language``, ``say(key, place=value)`` and ``words_of(section, ...)``, which modules read."""
        app.context_processor(lambda: {"language": self.name(), "say": self.say, "words_of": self.words_of})

    def name(self) -> str:
        """One of those of the catalogues."""
        accepted = list(request.accept_languages.values())  # best first
        fallback = ENGLISH if accepted else WITHOUT_PREFERENCE
        return self._words.best([*accepted, fallback]) or ENGLISH

    def say(self, key: str, **values: object) -> str:
        return self._words.text(self.name(), key, **values)

    def words_of(self, *sections: str) -> str:
        """JSON for a ``<script>``, its letters as they are: escaped they would weigh twice as much."""
        found = self._words.sections(self.name(), sections)
        return htmlsafe_json_dumps(found, ensure_ascii=False, separators=(",", ":"))

    def explain(self, error: PetcamError) -> str:
        """What a page says of ``error``: its own words, those of its phrase, or the English message."""
        for key in (error.key, f"refusals.{error.code.value}", f"errors.{error.code.value}"):
            if self._words.has(key):
                return self.say(key, **error.values)
        return error.message

    def explain_phrase(self, phrase: str) -> str:
        key = f"refusals.{phrase}"
        return self.say(key) if self._words.has(key) else phrase
