"""Static files: compression, versions and caching."""

import gzip
import json
import re
import shutil

import pytest

from petcam.system.assets import assets_folder
from petcam.web.app import create_app
from petcam.web.http.language import MODULE_SECTIONS

MAIN = (assets_folder() / "static" / "live" / "main.js").read_bytes()


@pytest.fixture
def versioned(client):
    """The URL of main.js in the page."""
    return re.search(r"/static/\w+/", client.get("/").get_data(as_text=True))[0] + "live/main.js"


def test_a_versioned_file_may_be_cached_forever(client, versioned):
    answer = client.get(versioned)
    assert answer.data == MAIN
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/static/live/main.js", "/static/0123456789ab/live/main.js"])
def test_without_the_current_version_a_file_is_revalidated(client, path):
    answer = client.get(path)
    assert answer.data == MAIN
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_it_is_compressed_where_the_browser_accepts_gzip(client):
    answer = client.get("/static/live/main.js", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == MAIN
    plain = client.get("/static/live/main.js", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert plain.data == MAIN and "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == answer.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != answer.headers["ETag"]
    other = client.get("/static/live/main.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert other.status_code == 200


def test_head_has_the_headers_and_no_body(client):
    head = client.head("/static/live/main.js")
    assert head.data == b""
    assert int(head.headers["Content-Length"]) == len(MAIN)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("page", MODULE_SECTIONS)
def test_a_page_names_the_words_of_its_language_for_its_modules(client, page, language):
    path = {"live": "/"}.get(page, f"/{page}")
    html = client.get(path, headers={"Accept-Language": language}).get_data(as_text=True)
    answer = client.get(re.search(r'data-words="([^"]+)"', html)[1])
    catalogue = json.loads((assets_folder() / "words" / f"{language}.json").read_text(encoding="utf-8"))
    assert answer.get_json() == {section: catalogue[section] for section in MODULE_SECTIONS[page]}
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("page", MODULE_SECTIONS)
def test_the_words_of_a_page_are_all_that_its_modules_say(page):
    folder = assets_folder() / "static"
    modules = {*(folder / page).glob("*.js"), *(folder / "lib").glob("*.js")} - {folder / "lib" / "messages.js"}
    catalogue = json.loads((assets_folder() / "words" / "en.json").read_text(encoding="utf-8"))
    quoted = re.findall(r"""["'`]([a-z]+)\.[\w .]*["'`$]""", "".join(module.read_text() for module in modules))
    assert set(quoted) & catalogue.keys() <= set(MODULE_SECTIONS[page])


def test_changed_words_change_the_version(services, tmp_path, client, versioned):
    for name in ("templates", "static", "words"):
        shutil.copytree(assets_folder() / name, tmp_path / name)
    english = tmp_path / "words" / "en.json"
    english.write_text(english.read_text(encoding="utf-8").replace("Live", "On air"), encoding="utf-8")
    assert url_of(create_app(services, assets=tmp_path), "live/main.js") != versioned


def url_of(app, name):
    with app.test_request_context():
        return app.jinja_env.globals["static_url"](name)


def test_a_changed_file_changes_the_version(services, tmp_path, client, versioned):
    for name in ("templates", "static", "words"):
        shutil.copytree(assets_folder() / name, tmp_path / name)
    (tmp_path / "static" / "live" / "main.js").write_text("// new")
    app = create_app(services, assets=tmp_path)
    url = url_of(app, "live/main.js")
    assert url != versioned
    assert app.test_client().get(url).data == b"// new"
    assert app.test_client().get("/static/../app.py").status_code == 404
