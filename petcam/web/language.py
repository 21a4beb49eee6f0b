"""The language of a page's words that never change: the browser's; Japanese where it names none, English
where it names only others."""

from flask import request


def language() -> str:
    """``ja`` or ``en``."""
    accepted = [tag.lower().partition("-")[0] for tag in request.accept_languages.values()]  # best first
    return next((tag for tag in accepted if tag in ("ja", "en")), "en" if accepted else "ja")


def say(ja: str, en: str) -> str:
    return ja if language() == "ja" else en
