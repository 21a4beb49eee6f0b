"""What the templates of each page may name, and how much of it is known before a request."""

from collections.abc import Callable

from petcam.words import Words
from petcam.words.catalogue import PLACE
from tools.pages.values import Function, Record, Rows, Value, Variable, joined, plain

PAGES = ("account", "error", "index", "login", "recordings", "setup", "setup_done")
# Of the request's, by page: docs/page-bundle.md says what each is.
OF_ALL = ("camera_name", "may_change", "microphone")
OF_PAGE = {
    "account": ("done", "form", "has_viewer", "problem", "seconds", "troubles"),
    "error": ("account", "command", "here", "leads_nowhere", "seconds", "status", "text"),
    "index": ("alone", "exposed", "films", "login", "webrtc_config", "zone"),
    "login": ("can_log_in", "next", "password_set", "problem", "seconds", "troubles"),
    "recordings": (),
    "setup": ("next", "problem", "troubles"),
    "setup_done": ("address", "code", "next"),
}
HOW = {"code": "raw", "webrtc_config": "json"}  # the others are texts
LISTS = {"troubles": ("key", "command")}  # with the columns of their rows
INLINED = {"script": "raw", "old": "raw", "style": "raw", "icon": "text"}


def variables(page: str, language: str, words: Words) -> dict[str, Value]:
    """All that the template of ``page`` may name; what is not there is refused."""
    root, version = Variable("root"), Variable("version")
    return {name: _variable(name) for name in (*OF_ALL, *OF_PAGE[page])} | {
        "language": language,
        "languages": tuple(_choice(words, tag) for tag in words.languages),
        "say": Function(_sayer(words, language)),
        "site_path": Function(lambda path: root if path == "" else joined([root, path])),
        "static_url": Function(lambda name: joined([root, "/static/", version, "/", name])),
        "still": "",  # unless a page sets it
        "camera": Record({"on": Variable("camera.on")}),
        "inlined": Record({name: Variable(f"inlined.{name}", how) for name, how in INLINED.items()}),
    }


def _variable(name: str) -> Value:
    return Rows(name, LISTS[name]) if name in LISTS else Variable(name, HOW.get(name, "text"))


def _choice(words: Words, tag: str) -> Value:
    return Record({"tag": tag, "name": words.text(tag, "page.language.own"), "href": Variable(f"href.{tag}")})


def _sayer(words: Words, language: str) -> Callable[..., Value]:
    def say(key: Value, **values: Value) -> Value:
        if isinstance(key, Variable) and key.how == "text" and not values:
            return Variable(key.name, "say")
        if not isinstance(key, str):
            raise ValueError("say() needs a key that is written down, or a variable and no values")
        text = words.text(language, key, **{name: f"{{{name}}}" for name in values})
        pieces = PLACE.split(text)  # text, name, text, …
        return joined([plain(values[piece]) if at % 2 else piece for at, piece in enumerate(pieces)])

    return say
