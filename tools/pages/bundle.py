"""What the bundle has: the pages in each language, the words that a request chooses, and the static files."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from petcam.web.home_screen import HomeScreen
from petcam.web.home_screen.files import MANIFEST
from petcam.web.http.inlined import Inlined
from petcam.web.http.joined_modules import JoinedModules
from petcam.web.http.language import Language
from petcam.web.http.static_files import StaticFile
from petcam.words import Words
from tools.pages.compiler import Compiler
from tools.pages.inputs import PAGES, variables
from tools.pages.values import Variable

VERSION = 1
INDEX = "index.json"
ENTRY = "live/entry.js"  # that the live page begins with
SECTIONS = ("errors", "refusals", "trouble", "page")  # whose texts a request may choose by their keys
NAME_MARK, PATH_MARK = "@camera-name@", "@static-path@"


@dataclass(frozen=True)
class Bundle:
    index: dict[str, Any]
    files: dict[str, bytes]  # static ones, as they are kept

    def write(self, folder: Path) -> None:
        for name, data in self.files.items():
            path = folder / "static" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        text = json.dumps(self.index, ensure_ascii=False, separators=(",", ":"))
        (folder / INDEX).write_text(text, encoding="utf-8")


def bundle_of(assets: Path) -> Bundle:
    """``assets`` has ``templates/``, ``static/`` and ``words/``. Raises ``ValueError`` where a page cannot be made."""
    words, static = Words(assets / "words"), assets / "static"
    joined = JoinedModules.of(static, ENTRY)
    screen = HomeScreen(NAME_MARK, (static / "icon.svg").read_text(encoding="utf-8"))
    counted = {**dict(_read(static)), **Language(words).files(), **joined.files(), **screen.files()}
    drawn = {name: draw() for name, draw in screen.drawn().items()}
    kept = {name: StaticFile.of(name, data) for name, data in {**counted, **drawn}.items()}
    style = "".join(counted[name].decode() for name in ("petcam.css", "live/page.css"))
    inlined = Inlined.of(
        joined.first(f"{PATH_MARK}/joined"), counted["live/old.js"].decode(), style, counted["icon.svg"].decode()
    )
    index = {
        "version": VERSION,
        "languages": words.languages,
        "words": {tag: dict(_texts(words, tag)) for tag in words.languages},
        "pages": pages_of(assets, words),
        "static": [_entry(name, file, name in counted) for name, file in kept.items()],
        "inlined": {"script": inlined.script, "old": inlined.old, "style": inlined.style, "icon": inlined.icon},
        "manifest": counted[MANIFEST].decode(),
    }
    return Bundle(index, {name: file.gzipped or file.data for name, file in kept.items() if name != MANIFEST})


def pages_of(assets: Path, words: Words) -> dict[str, dict[str, list[Any]]]:
    """Parts by page and language."""
    environment = Environment(loader=FileSystemLoader(assets / "templates"), autoescape=True)

    def parts(page: str, language: str) -> list[Any]:
        known = variables(page, language, words, Variable("version"))
        return Compiler(environment, known).compile(f"{page}.html")

    return {page: {tag: parts(page, tag) for tag in words.languages} for page in PAGES}


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def _texts(words: Words, tag: str) -> Iterator[tuple[str, str]]:
    for section, texts in words.sections(tag, SECTIONS).items():
        for name, text in texts.items():
            yield f"{section}.{name}", text


def _entry(name: str, file: StaticFile, counts: bool) -> dict[str, object]:
    etag = "" if name == MANIFEST else file.etag
    return {"name": name, "type": file.mimetype, "etag": etag, "gzipped": bool(file.gzipped), "counts": counts}
