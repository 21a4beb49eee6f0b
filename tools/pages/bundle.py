"""What the bundle has: the pages in each language, the words that a request chooses, and the static files."""

import gzip
import json
import shutil
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
from tools.pages.parts import Part

VERSION = 1
INDEX = "index.json.gz"
README = "README"  # lies in the folder without being of the bundle, so that git keeps the folder
ENTRY = "live/entry.js"  # that the live page begins with
SECTIONS = ("errors", "refusals", "trouble", "page")  # whose texts a request may choose by their keys
NAME_MARK, PATH_MARK = "@camera-name@", "@static-path@"


@dataclass(frozen=True)
class Bundle:
    index: dict[str, Any]
    files: dict[str, bytes]  # static ones, as they are kept

    def write(self, folder: Path) -> None:
        """Into ``folder``, instead of what is there. The index comes last: without it there is no bundle."""
        _clear(folder)
        for name, data in self.files.items():
            path = folder / "static" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        text = json.dumps(self.index, ensure_ascii=False, separators=(",", ":"))
        (folder / INDEX).write_bytes(gzip.compress(text.encode(), mtime=0))


def bundle_of(assets: Path) -> Bundle:
    """``assets`` has ``templates/``, ``static/`` and ``words/``. Raises ``ValueError`` where a page cannot be made."""
    words, static = Words(assets / "words"), assets / "static"
    joined = JoinedModules.of(static, ENTRY)
    screen = HomeScreen(NAME_MARK, (static / "icon.svg").read_text(encoding="utf-8"))
    counted = {**dict(_read(static)), **Language(words).files(), **joined.files(), **screen.files()}
    drawn = {name: draw() for name, draw in screen.drawn().items()}
    kept = {name: StaticFile.of(name, data) for name, data in {**counted, **drawn}.items()}
    inlined = _inlined(joined, {name: data.decode() for name, data in counted.items() if name in INLINED})
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


def pages_of(assets: Path, words: Words) -> dict[str, dict[str, list[Part]]]:
    """Parts by page and language."""
    environment = Environment(loader=FileSystemLoader(assets / "templates"), autoescape=True)

    def parts(page: str, language: str) -> list[Part]:
        return Compiler(environment, variables(page, language, words)).compile(f"{page}.html")

    return {page: {tag: parts(page, tag) for tag in words.languages} for page in PAGES}


STYLE, OLD, ICON = ("petcam.css", "live/page.css"), "live/old.js", "icon.svg"
INLINED = (*STYLE, OLD, ICON)


def _inlined(joined: JoinedModules, texts: dict[str, str]) -> Inlined:
    style = "".join(texts[name] for name in STYLE)
    return Inlined.of(joined.first(f"{PATH_MARK}/joined"), texts[OLD], style, texts[ICON])


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def _texts(words: Words, tag: str) -> Iterator[tuple[str, str]]:
    for section, texts in words.sections(tag, SECTIONS).items():
        for name, text in texts.items():
            yield f"{section}.{name}", text


def _entry(name: str, file: StaticFile, counts: bool) -> dict[str, object]:
    """The manifest's ETag and gzipped form depend on the camera's name."""
    known = name != MANIFEST
    etag = file.etag if known else ""
    return {
        "name": name,
        "type": file.mimetype,
        "etag": etag,
        "gzipped": known and bool(file.gzipped),
        "counts": counts,
    }


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != README:
            path.unlink()
