"""The words that petcam says to people: one catalogue a language, ``words/LANGUAGE.json`` (docs/words.md).

A catalogue is an object of sections, a section an object of texts; ``section.key`` names a text. ``{name}`` in a text
is a place for a value. English has every text, and stands in where another language lacks one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from petcam.errors import Code, PetcamError

ENGLISH = "en"
PLACE = re.compile(r"\{(\w+)\}")

Section = dict[str, str]


class Words:
    """Those of ``folder`` as they are now. Raises ``BAD_CONFIG`` where one is no catalogue, or English is missing."""

    def __init__(self, folder: Path) -> None:
        own = {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}
        if ENGLISH not in own:
            raise PetcamError(Code.BAD_CONFIG, f"{folder}/{ENGLISH}.json is missing")
        english = own[ENGLISH]
        self._catalogues = {
            language: {name: {**texts, **sections.get(name, {})} for name, texts in english.items()}
            for language, sections in own.items()
        }
        self._by_tag = {language.lower(): language for language in own}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._catalogues)

    def text(self, language: str, key: str, **values: object) -> str:
        """Raises KeyError for a key that English has not, or a place without its value: both are defects."""
        section, _, name = key.partition(".")
        return PLACE.sub(lambda place: str(values[place[1]]), self._catalogues[language][section][name])

    def has(self, key: str) -> bool:
        section, _, name = key.partition(".")
        return name in self._catalogues[ENGLISH].get(section, {})

    def sections(self, language: str, names: Iterable[str]) -> dict[str, Section]:
        return {name: self._catalogues[language].get(name, {}) for name in names}

    def best(self, tags: Iterable[str]) -> str | None:
        """The language of the first of ``tags`` (``en-GB``) that there is; None where there is none of them."""
        for tag in tags:
            lower = tag.lower()
            found = self._by_tag.get(lower) or self._by_tag.get(lower.partition("-")[0])
            if found:
                return found
        return None

    def of_environment(self, environment: Mapping[str, str]) -> str:
        """The language that the locale of a command asks for; English where it asks for none that there is."""
        locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
        return self.best([re.split(r"[.@]", locale)[0].replace("_", "-")]) or ENGLISH


def _read(path: Path) -> dict[str, Section]:
    try:
        sections = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PetcamError(Code.BAD_CONFIG, f"{path} cannot be read: {error}") from error
    if not isinstance(sections, dict) or not all(_is_section(texts) for texts in sections.values()):
        raise PetcamError(Code.BAD_CONFIG, f"{path} has to be an object of sections, each an object of texts")
    return sections


def _is_section(texts: object) -> bool:
    return isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values())
