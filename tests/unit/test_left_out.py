"""What tests take for left out where the streamer serves the page alone is what it leaves out."""

import json
import re
from pathlib import Path

import pytest

from tests.left_out import LEFT_OUT, OF_PYTHON, is_left_out

TESTS = Path(__file__).parents[1]
MARK = re.compile(r'needs_python\("(\w+)"\)|skip_with_go\(\["(\w+)"\]\)')


def test_the_list_is_that_of_the_routes():
    routes = json.loads((TESTS / "routes.json").read_text(encoding="utf-8"))
    elsewhere = {route["path"] for route in routes if route["by"] == "elsewhere"}
    assert elsewhere == {route for routes in LEFT_OUT.values() for route in routes}
    for route in routes:
        assert is_left_out(re.sub("<[^>]*>", "20261127", route["path"])) is (route["by"] == "elsewhere"), route


def test_what_tests_need_of_python_is_known():
    texts = (file.read_text(encoding="utf-8") for file in TESTS.rglob("*.py") if file.name not in ("left_out.py",))
    used = {a or b for text in texts for a, b in MARK.findall(text)}
    assert used <= {*LEFT_OUT, *OF_PYTHON}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("/settings", True), ("/api/events/17", True), ("/api/events/17/more", False), ("/account", False), ("/", False)],
)
def test_a_path_is_left_out_or_not(path, wanted):
    assert is_left_out(path) is wanted
