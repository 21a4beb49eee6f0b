"""A language whose every text is English in ⟦brackets⟧: what is seen without them is no word of the catalogue."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

from petcam.system.assets import assets_folder

LANGUAGE = "qps"
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt")
UNSEEN = ("script", "style")
WITHOUT_END = ("meta", "link", "input", "img", "path", "circle", "br")
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")  # the innermost, as a text may stand within another
ALLOWED = re.compile(
    r"sudo petcam (password( --viewer)?|doctor)|petcam(_[\w-]+\.mp4)?"  # names, files, commands
    r"|日本語|English"  # languages are named in themselves
    r"|WebRTC|MJPEG|\bMB\b|\bGB\b"
    r"|(cat|dog) \d+%"
    r"|\d+年|\d+月|\d+日|（[日月火水木金土]）|^[日月火水木金土]$"  # dates of a browser whose own language is Japanese
)


def make_assets(folder: Path) -> Path:
    """Petcam's own files in ``folder``, with the one language more."""
    own = assets_folder()
    for name in ("templates", "static", "words"):
        shutil.copytree(own / name, folder / name)
    english = json.loads((folder / "words" / "en.json").read_text())
    pseudo = {section: {key: f"⟦{text}⟧" for key, text in texts.items()} for section, texts in english.items()}
    (folder / "words" / f"{LANGUAGE}.json").write_text(json.dumps(pseudo))
    return folder


def unbracketed(text: str) -> str:
    """The letters of ``text`` that neither stand in brackets nor are allowed without; empty where all is well."""
    before = None
    while before != text:
        before, text = text, BRACKETED.sub("", text)
    return "".join(re.findall(r"[^\W\d_]+|[⟦⟧]", ALLOWED.sub("", text)))


class Seen(HTMLParser):
    """What a person sees or hears of a page, in ``texts``."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in WITHOUT_END:
            self._inside.append(tag)
        self.texts += [value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(tag in UNSEEN for tag in self._inside):
            self.texts.append(data.strip())


def hard_coded(page: str) -> list[str]:
    """The texts of a page of HTML, or of plain text, that are not out of the catalogue."""
    return [text for text in Seen(page).texts if unbracketed(text)]
