"""What the bundle has beside pages is what petcam-web serves, for cameras of any name."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from petcam.config import Config
from petcam.web import http
from petcam.web.http.hosts import Hosts
from petcam.words import Words
from tests import pseudo_locale
from tools.pages import bundle as bundles
from tools.pages.bundle import bundle_of

TOP = Path(__file__).parents[3]
NAMES = json.loads((TOP / "tests" / "camera-names.json").read_text(encoding="utf-8"))
MANIFEST = "manifest.webmanifest"


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    """petcam's own, with one language more."""
    return pseudo_locale.make_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="module")
def bundle(assets):
    return bundle_of(assets)


@pytest.fixture
def site(assets):
    """A function that gives what petcam-web answers for a camera of that name: (path, headers) to an answer."""

    def of(name):
        config = Config()
        camera = replace(config.camera, name=name)
        app = Flask("petcam.web", template_folder=str(assets / "templates"), static_folder=None)
        http.register(app, config.web, camera, Hosts(config, lambda: []), "", assets, lambda: "")
        app.add_url_rule("/inlined", view_func=lambda: app.jinja_env.globals["inlined"], endpoint="inlined")
        client = app.test_client()
        return lambda path, **headers: client.get(path, headers={"Host": "localhost", **headers})

    return of


def as_read(bundle, camera):
    """Steps 4 to 6 of "Reading": the files by their names, each with its type, ETag and bytes, and the version."""
    quoted = json.dumps(camera, ensure_ascii=False)
    manifest = bundle.index["manifest"].replace('"@camera-name@"', quoted).encode()
    files, counted = {}, ""
    for entry in bundle.index["static"]:
        name, etag = entry["name"], entry["etag"]
        if name == MANIFEST:
            data, etag = manifest, hashlib.sha256(manifest).hexdigest()[:16]
        else:
            data = gzip.decompress(bundle.files[name]) if entry["gzipped"] else bundle.files[name]
        files[name] = entry["type"], etag, data
        counted += f"{name} {etag}\n" if entry["counts"] else ""
    return files, hashlib.sha256(counted.encode()).hexdigest()[:12]


@pytest.mark.parametrize("case", NAMES, ids=lambda case: ascii(case["name"]))
def test_a_name_is_written_into_the_manifest_as_the_streamer_does(case):
    assert json.dumps(case["name"], ensure_ascii=False) == case["json"]


@pytest.mark.parametrize("case", NAMES, ids=lambda case: ascii(case["name"]))
def test_static_files_and_their_version_are_those_of_petcam_web(bundle, site, case):
    ask = site(case["name"])
    files, version = as_read(bundle, case["name"] or "petcam")
    for name, (mimetype, etag, data) in files.items():
        answer = ask(f"/static/{version}/{name}")
        assert "immutable" in answer.headers["Cache-Control"], "the version is another"
        assert (answer.mimetype, answer.get_etag(), answer.data) == (mimetype, (etag, False), data), name
    assert case["json"].encode() in files[MANIFEST][2] or not case["name"]


def test_each_file_of_petcam_web_is_in_the_bundle(bundle, assets):
    static = set(files_in(assets / "static"))
    names = [entry["name"] for entry in bundle.index["static"]]
    made = {"icons/192.png", "icons/512.png", "icons/maskable.png", "icons/touch.png", MANIFEST}
    others = {name for name in names if not name.startswith(("joined/", "words/"))}
    assert others == static | made and len(names) == len(set(names))
    assert set(bundle.files) == set(names) - {MANIFEST}
    assert f"words/live/{pseudo_locale.LANGUAGE}.json" in names and "joined/live/main.js" in names


def test_gzipped_forms_are_those_of_petcam_web(bundle, site):
    ask = site("petcam")
    for entry in bundle.index["static"]:
        answer = ask(f"/static/{entry['name']}", **{"Accept-Encoding": "gzip"})
        if entry["name"] != MANIFEST:
            assert (answer.headers.get("Content-Encoding") == "gzip") == entry["gzipped"]
            assert answer.data == bundle.files[entry["name"]]
        if answer.headers.get("Content-Encoding") == "gzip":
            assert answer.get_etag()[0].endswith("-gzip")
    assert sum(entry["gzipped"] for entry in bundle.index["static"]) > 50


@pytest.mark.parametrize("name", ["petcam", "ミケの<部屋>"])
def test_what_is_inlined_and_its_policy_are_those_of_petcam_web(bundle, site, name):
    ask = site(name)
    _, version = as_read(bundle, name)
    own, answer = bundle.index["inlined"], ask("/inlined")
    script = own["script"].replace("@static-path@", f"/static/{version}")
    assert answer.get_json() == {**own, "script": script}
    assert "@static-path@" not in script and f'"/static/{version}/joined/' in script

    def hash_of(text):
        return http.inlined.hash_of(text)

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(
        f"default-src 'self'; script-src 'self' {hash_of(script)} {hash_of(own['old'])}; "
        f"style-src 'self' {hash_of(own['style'])}; "
    )


def test_the_texts_that_a_request_chooses_are_in_it(bundle, assets):
    words = Words(assets / "words")
    assert bundle.index["languages"] == words.languages
    for tag in words.languages:
        for key, text in bundle.index["words"][tag].items():
            section, _, name = key.partition(".")
            assert text == words.sections(tag, [section])[section][name]
        chosen = ("errors.Disk full", "refusals.needs_python", "trouble.token_key", "page.error.other")
        assert set(chosen) <= set(bundle.index["words"][tag])
        assert not [key for key in bundle.index["words"][tag] if key.startswith("commands.")]


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_written_the_same_twice_in_place_of_what_was_there(bundle, assets, tmp_path):
    (tmp_path / "static" / "old").mkdir(parents=True)
    (tmp_path / "static" / "old" / "gone.js").write_text("gone")
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "README").write_text("kept")
    bundle.write(tmp_path)
    written = files_in(tmp_path)
    assert set(written) == {"README", bundles.INDEX, *(f"static/{name}" for name in bundle.files)}
    assert written["README"] == b"kept"
    assert json.loads(gzip.decompress(written[bundles.INDEX]))["version"] == 1
    bundle_of(assets).write(tmp_path / "twice")
    assert files_in(tmp_path / "twice") == {name: data for name, data in written.items() if name != "README"}


def test_a_page_that_cannot_be_made_is_refused_by_name_and_line(assets, tmp_path):
    for folder in ("static", "words", "templates"):
        (tmp_path / folder).symlink_to(assets / folder)
    (tmp_path / "templates").unlink()
    (tmp_path / "templates").mkdir()
    for path in (assets / "templates").iterdir():
        text = path.read_text()
        (tmp_path / "templates" / path.name).write_text(text.replace("{{ text }}", "{{ text|upper }}"))
    line = (assets / "templates" / "error.html").read_text().split("{{ text }}")[0].count("\n") + 1
    with pytest.raises(ValueError, match=f"error.html:{line}: the filter upper"):
        bundle_of(tmp_path)
