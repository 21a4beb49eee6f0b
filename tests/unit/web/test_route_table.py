"""``tests/routes.json`` has all routes: method, path, marks, and who answers where petcam-streamer serves the page: one
of its rooms below ``streamer/internal/site``, of which ``elsewhere`` says 501. A Go test holds the streamer to the same
table, and ``docs/http-api.md`` names each route that is left out.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from flask import Flask

from petcam.events.read import Reader
from petcam.web.app import Services, create_app
from petcam.web.events import PictureRoute, VisitPictures
from petcam.web.http.marks import MARKS_ATTRIBUTE

TOP = Path(__file__).parents[3]
TABLE = json.loads((TOP / "tests" / "routes.json").read_text(encoding="utf-8"))
ALONE = "### Served by petcam-streamer alone"


def routes(app: Flask) -> list[tuple[str, str, list[str]]]:
    found = []
    for rule in app.url_map.iter_rules():
        marks = getattr(app.view_functions[rule.endpoint], MARKS_ATTRIBUTE, ())
        names = sorted(mark.name for mark in marks)
        found += [(method, rule.rule, names) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return sorted(found)


def test_the_table_has_all_routes_with_their_marks(services: Services, tmp_path: Path) -> None:
    pictures = PictureRoute(Reader(tmp_path / "events"), cast(VisitPictures, None))
    app = create_app(replace(services, event_pictures=pictures))
    assert sorted((each["method"], each["path"], each["marks"]) for each in TABLE) == routes(app)


def test_what_petcam_streamer_leaves_out_is_written_down() -> None:
    text = (TOP / "docs" / "http-api.md").read_text(encoding="utf-8")
    _, _, section = text.partition(ALONE)
    left_out = section.partition("\n### ")[0]
    for each in TABLE:
        if each["by"] == "elsewhere":
            path = each["path"].replace("<name>", "NAME").replace("<event>", "ID")
            path = path.replace("<token>", "TOKEN").replace("<day>", "DAY")
            assert f"`{each['method']} {path}`" in left_out, each
