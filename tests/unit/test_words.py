"""The catalogues of words: whole, the same in each language, and nothing in them that nobody says."""

import io
import json
import re
from pathlib import Path

import pytest

from petcam import cli
from petcam.errors import Code, PetcamError
from petcam.system.assets import assets_folder
from petcam.web.http.errors import HTTP_PHRASES
from petcam.words.catalogue import PLACE, Words
from tests import pseudo_locale

TOP = Path(__file__).parents[2]
CATALOGUES = {path.stem: json.loads(path.read_text()) for path in (TOP / "words").glob("*.json")}
ENGLISH = CATALOGUES["en"]
KEYS = {f"{section}.{key}" for section, texts in ENGLISH.items() for key in texts}
SOURCES = "".join(
    path.read_text()
    for folder, pattern in (("petcam", "*.py"), ("templates", "*.html"), ("static", "*.js"))
    for path in (TOP / folder).rglob(pattern)
)
# The streamer says those of petcam-web's that it needs where it serves the pages itself.
STREAMER = "".join(path.read_text() for path in (TOP / "streamer").rglob("*.go") if not path.match("*_test.go"))
QUOTED = re.compile(r"""(["'])([\w. ]+)\1""")
SAID = re.compile(r"""\b(?:say|text)\(\s*(["'])([\w.]+)\1""")
BEGUN = re.compile(r"`([a-z]+\.[\w.]*)\$\{")  # a key whose end is a state: `live.camera.${state}`
FOR_COMMANDS = ("", "commands.", "commands.demo.")


@pytest.mark.parametrize("language", CATALOGUES)
def test_each_language_has_the_same_texts_with_the_same_places(language):
    def places(catalogue):
        return {
            f"{section}.{key}": sorted(set(PLACE.findall(text)))
            for section, texts in catalogue.items()
            for key, text in texts.items()
        }

    assert places(CATALOGUES[language]) == places(ENGLISH)
    assert all(text.strip() for texts in CATALOGUES[language].values() for text in texts.values())


JAPANESE = "[ぁ-んァ-ヶー一-龠々]"
UNUSUAL = {
    "ja": [
        rf"{JAPANESE} ?[(:;!?,.)]",  # brackets and stops are full-width beside Japanese
        rf"{JAPANESE}[A-Za-z0-9{{]|[A-Za-z0-9}}]{JAPANESE}",  # a space between the two scripts
        r"ブラウザ(?!ー)|サーバ(?!ー)|フォルダ(?!ー)",  # one way to write a word
    ],
    "en": [r"\bby itself\b", r"\banew\b"],
}


@pytest.mark.parametrize(("language", "pattern"), [(name, each) for name, all_of in UNUSUAL.items() for each in all_of])
def test_texts_are_written_in_one_way(language, pattern):
    assert [
        text for texts in CATALOGUES[language].values() for text in texts.values() if re.search(pattern, text)
    ] == []


def test_every_text_that_is_said_is_in_the_catalogue():
    missing = {key for _, key in SAID.findall(SOURCES) if not any(prefix + key in KEYS for prefix in FOR_COMMANDS)}
    assert missing == set()


def test_every_text_of_the_catalogue_is_said():
    quoted = {text for _, text in QUOTED.findall(SOURCES + STREAMER)}
    begun = tuple(BEGUN.findall(SOURCES))
    phrases = {code.value for code in Code} | set(HTTP_PHRASES.values())
    phrases |= set(re.findall(r"`([A-Z][\w -]+)`", (TOP / "docs" / "http-api.md").read_text()))
    said = {prefix + text for text in quoted for prefix in FOR_COMMANDS}
    said |= {f"{section}.{phrase}" for phrase in phrases for section in ("errors", "refusals")}
    said |= {f"classes.{name}" for name in ENGLISH["classes"]}  # whatever a detector may see
    said |= {key for key in KEYS if key.startswith(("telling.came.", "telling.was."))}  # whatever may happen
    assert {key for key in KEYS - said if not key.startswith(begun)} == set()


def test_a_text_that_a_language_lacks_is_said_in_english(tmp_path):
    (tmp_path / "en.json").write_text('{"page": {"a": "one {n}", "b": "two"}}')
    (tmp_path / "eo.json").write_text('{"page": {"a": "unu {n}"}}')
    words = Words(tmp_path)
    assert words.languages == ("en", "eo")
    assert words.text("eo", "page.a", n=1) == "unu 1"
    assert words.text("eo", "page.b") == "two"
    with pytest.raises(KeyError):
        words.text("eo", "page.c")


@pytest.mark.parametrize("text", ["{", "[]", '{"page": "a"}', '{"page": {"a": 1}}'])
def test_what_is_no_catalogue_is_refused_by_its_name(tmp_path, text):
    (tmp_path / "en.json").write_text(text)
    with pytest.raises(PetcamError, match=r"en\.json"):
        Words(tmp_path)
    with pytest.raises(PetcamError, match=r"en\.json is missing"):
        Words(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ({"LC_ALL": "ja", "LANG": "en_GB.UTF-8"}, "ja"),
        ({"LC_ALL": "", "LANG": "ja_JP@x"}, "ja"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_a_command_speaks_the_language_of_the_locale(environment, language):
    assert Words(assets_folder() / "words").of_environment(environment) == language


@pytest.fixture
def pseudo(tmp_path, monkeypatch):
    """The locale of a command in the pseudo-language."""
    monkeypatch.setenv("PETCAM_ASSETS", str(pseudo_locale.make_assets(tmp_path / "assets")))
    monkeypatch.setenv("LC_ALL", pseudo_locale.LANGUAGE)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("GO_SERVER_URL", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["password"], "long enough"),
        (["password"], "short"),
        (["password", "--viewer"], "long enough"),
        (["password", "--viewer", "--remove"], ""),
        (["password", "--remove"], ""),
        (["token", "list"], ""),
        (["token", "revoke", "nothing"], ""),
        (["token", "add", "x" * 65], ""),
        (["demo", "--port", "8081"], ""),
        (["demo", "--host", "192.0.2.1"], ""),
    ],
)
def test_commands_say_nothing_that_is_not_of_the_catalogue(pseudo, monkeypatch, tmp_path, capsys, words, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    cli.main(words)
    said = "".join(capsys.readouterr())
    assert "⟦" in said
    assert pseudo_locale.unbracketed(said) == ""
