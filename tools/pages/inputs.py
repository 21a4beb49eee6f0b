"""What the templates of each page may name, and how much of it is known before a request."""

from collections.abc import Callable

from petcam.words import Words
from petcam.words.catalogue import PLACE
from tools.pages.compiler import Function
from tools.pages.values import Choice, Sequence, Value, Variable, joined

PAGES = ("account", "error", "index", "login", "recordings", "setup", "setup_done")
# Of the request's, by page: docs/page-bundle.md says what each is.
OF_ALL = ("camera_name", "may_change", "microphone")
OF_PAGE = {
    "account": ("done", "form", "has_viewer", "problem", "seconds", "troubles"),
    "error": ("account", "command", "here", "leads_nowhere", "seconds", "status", "text"),
    "index": ("exposed", "films", "login", "webrtc_config", "zone"),
    "login": ("can_log_in", "next", "password_set", "problem", "seconds", "troubles"),
    "recordings": (),
    "setup": ("next", "problem", "troubles"),
    "setup_done": ("address", "code", "next"),
}
RAW = frozenset({"code"})  # markup that petcam makes


def variables(page: str, language: str, words: Words, version: Value) -> dict[str, Value]:
    """``version`` is that of the static files."""
    own = {name: Variable(name, "raw" if name in RAW else "text") for name in (*OF_ALL, *OF_PAGE[page])}
    root = Variable("root")
    return own | {
        "language": language,
        "languages": tuple(_choice(words, tag) for tag in words.languages),
        "say": Function(_sayer(words, language)),
        "site_path": Function(lambda path: joined([root, path]) if path else root),
        "static_url": Function(lambda name: joined([root, "/static/", version, "/", name])),
        "still": "",  # unless a page sets it
        "camera": {"on": Variable("camera.on")},
        "inlined": {name: Variable(f"inlined.{name}", how) for name, how in _INLINED.items()},
    }


_INLINED = {"script": "raw", "old": "raw", "style": "raw", "icon": "text"}


def _choice(words: Words, tag: str) -> dict[str, Value]:
    return {"tag": tag, "name": words.text(tag, "page.language.own"), "href": Variable(f"href.{tag}")}


def _sayer(words: Words, language: str) -> Callable[..., Value]:
    def say(key: Value, **values: Value) -> Value:
        if isinstance(key, Variable):
            return Variable(key.name, "say")
        if isinstance(key, Choice | Sequence):
            raise ValueError("say() needs a key that is written down, or a variable")
        marks = {name: f"{{{name}}}" for name in values}
        text = words.text(language, key, **marks)
        return _with_places(text, values)

    return say


def _with_places(text: str, values: dict[str, Value]) -> Value:
    pieces = PLACE.split(text)  # text, name, text, …
    return joined([values[piece] if at % 2 else piece for at, piece in enumerate(pieces)]) if values else text
