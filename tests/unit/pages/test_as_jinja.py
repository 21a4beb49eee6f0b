"""Each page, made of the bundle, is byte for byte what Jinja makes of its template."""

import json
import random
import re
from functools import partial
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from petcam.system.assets import assets_folder
from petcam.words import Words
from tests.unit.pages.reader import render
from tools.pages.bundle import pages_of
from tools.pages.inputs import OF_ALL, OF_PAGE, PAGES

ASSETS = assets_folder()
WORDS = Words(ASSETS / "words")
BUILT = pages_of(ASSETS, WORDS)
CASES = json.loads((Path(__file__).parents[3] / "tests" / "page-cases.json").read_text(encoding="utf-8"))
TIMES = 1000
VERSION = "0123456789ab"
TEXTS = ("", "petcam", "ミケの部屋", "Ta<ma> & 'x' \"y\"", "</script>", "a\u2028b\n", "&amp;", "{n}", "0", "wrong")
CHOSEN = {  # what a template compares with constants
    "microphone": ("", "on", "off"),
    "done": ("", "password", "viewer", "removed"),
    "form": ("", "viewer", "password"),
    "problem": ("", "wrong", "wait", "differ", "same", "length", "late", "refused", "not_synced", "not_written"),
}
NUMBERS = {"seconds": (0, 1, 12), "status": (404, 501)}
JSON, MARKUP = ("webrtc_config",), ("code",)
FLAGS = (
    *("account", "alone", "can_log_in", "exposed", "films", "has_viewer", "leads_nowhere", "login", "may_change"),
    "password_set",
)
CONFIGS = ({}, {"a": "<b>&'\"", "c": [1, None, "</script>"]}, {"名": "前"})
KEYS = tuple(f"trouble.{key}" for key in WORDS.sections("en", ["trouble"])["trouble"])


class Chance:
    """Random values of a request: as Jinja gets them, and as the bundle does."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def any_of(self, values):
        return self.random.choice(values)

    def text(self):
        return self.any_of(TEXTS) + self.any_of(("", self.any_of(TEXTS)))

    def of(self, name):
        """As Jinja gets it, then as the bundle does."""
        if name in FLAGS:
            flag = self.any_of((False, True))
            return flag, "1" if flag else ""
        if name in NUMBERS:
            number = self.any_of(NUMBERS[name])
            return number, str(number or "")
        if name in JSON:
            value = self.any_of(CONFIGS)
            return value, str(Environment().from_string("{{ x|tojson }}").render(x=value))
        value = self.any_of(CHOSEN[name]) if name in CHOSEN else self.text()
        return (Markup(value) if name in MARKUP else value), value

    def troubles(self):
        return [(self.any_of(KEYS), self.text()) for _ in range(self.random.randint(0, 3))]


def request_of(page, tag, chance):
    """What Jinja gets, what the bundle gets, and the rows of lists."""
    for_jinja, texts, lists = {}, {"root": chance.any_of(("", "/cam", '/a"&b')), "version": VERSION}, {}
    for name in (*OF_ALL, *OF_PAGE[page]):
        if name == "troubles":
            for_jinja[name] = chance.troubles()
            lists[name] = [{"@key": key, "@command": command} for key, command in for_jinja[name]]
        else:
            for_jinja[name], texts[name] = chance.of(name)
    if page in ("account", "login") and texts["problem"] == "wait":
        for_jinja["seconds"], texts["seconds"] = 7, "7"
    is_on, texts["camera.on"] = chance.of("may_change")
    texts |= {f"inlined.{name}": chance.text() for name in ("script", "old", "style", "icon")}
    texts |= {f"href.{each}": f"?a=1&b=<&language={each}" for each in WORDS.languages}
    root = texts["root"]
    return (
        for_jinja
        | {
            "language": tag,
            "say": partial(WORDS.text, tag),
            "languages": [
                {"tag": each, "name": WORDS.text(each, "page.language.own"), "href": texts[f"href.{each}"]}
                for each in WORDS.languages
            ],
            "site_path": lambda path: root + path,
            "static_url": lambda name: f"{root}/static/{VERSION}/{name}",
            "camera": {"on": is_on},
            "inlined": {name: Markup(texts[f"inlined.{name}"]) for name in ("script", "old", "style")}
            | {"icon": texts["inlined.icon"]},
        },
        texts,
        lists,
    )


@pytest.mark.parametrize("tag", WORDS.languages)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_jinja_makes_of_its_template(page, tag):
    template = Environment(loader=FileSystemLoader(ASSETS / "templates"), autoescape=True).get_template(f"{page}.html")
    chance = Chance(f"{page} {tag}")
    for _ in range(TIMES):
        for_jinja, texts, lists = request_of(page, tag, chance)
        made = render(BUILT[page][tag], texts, lists, partial(WORDS.text, tag))
        assert made == template.render(**for_jinja), (page, tag, texts, lists)


def test_the_parts_of_a_page_are_json_and_name_only_what_is_declared():
    def named(parts):
        for part in parts:
            if isinstance(part, str):
                continue
            if part[0] == "if":
                yield from conditions(part[1])
                yield from (*named(part[2]), *named(part[3]))
            elif part[0] == "each":
                yield part[1]
                yield from named(part[2])
            else:
                yield part[1]

    def conditions(condition):
        if condition[0] in ("set", "is"):
            yield condition[1]
        else:
            for each in condition[1:]:
                yield from conditions(each)

    general = {"root", "version", "camera.on", "@key", "@command"}
    general |= {f"inlined.{name}" for name in ("script", "old", "style", "icon")}
    general |= {f"href.{tag}" for tag in WORDS.languages}
    for page in PAGES:
        for tag in WORDS.languages:
            assert json.loads(json.dumps(BUILT[page][tag])) is not None
            assert set(named(BUILT[page][tag])) <= general | {*OF_ALL, *OF_PAGE[page]}
            # Each is of use: a variable that no template names any more is to be taken from inputs.py.
            assert set(OF_PAGE[page]) <= set(named(BUILT[page][tag])) | {"seconds"}


def test_the_way_to_the_account_is_there_where_it_is_asked_for():
    def ways(**texts):
        page = render(BUILT["error"]["en"], texts | {"root": "/cam"}, {}, str)
        return re.findall(r'<a class="button[^>]* href="([^"]*)"', page)

    assert ways() == ["/cam/"]
    assert ways(account="1") == ["/cam/", "/cam/account"]
    assert ways(account="1", here="/cam/x") == ["/cam/x", "/cam/", "/cam/account"]
    assert ways(account="1", leads_nowhere="1") == []


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["why"])
def test_parts_are_written_as_the_cases_say(case):
    """Which the streamer is held against too."""
    assert render(case["parts"], case["texts"], case["lists"], CASES["words"].get) == case["page"]
