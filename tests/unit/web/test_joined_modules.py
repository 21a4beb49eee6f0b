"""Browser modules that are joined into few scripts, and what cannot be joined."""

import re

import pytest

from petcam.system.assets import assets_folder
from petcam.web.http.joined_modules import JoinedModules

FIRST = """import { shout as say } from "./words.js";

/** Not for browsers: import("./words.js").Word */
export const greeting = say("hello"); // in words
export { say };
export const page = import("./rest.js").then(({ start }) => start(/** @type {any} */ (greeting)));
"""
WORDS = """// What is said.
/**
 * @param {string} text
 */
export function shout(text) {
  return `${text} "/* no comment */" // no comment`;
}
"""
REST = """import { shout } from "./words.js";
import {
  sitePath,
} from "../lib/http.js";
export async function start() {
  await import("./press.js");
}
"""
SITE = "export const sitePath = (path) => path;\nexport class ServerError extends Error {}\n"
PRESS = 'import { sitePath } from "../lib/http.js";\nimport { shout } from "./words.js";\nexport class Press {}\n'
SOONER = 'export const sooner = () => import("./press.js");\n'
TREE = {
    "live/first.js": FIRST,
    "live/words.js": WORDS,
    "live/rest.js": REST,
    "live/press.js": PRESS,
    "lib/http.js": SITE,
}


def modules_of(script):
    return re.findall(r'^modules\["(.*?)"\] \?\?=', script, re.MULTILINE)


def files(tree, first="live/first.js"):
    return {name: data.decode() for name, data in JoinedModules(tree, first).files().items()}


def test_a_script_has_each_module_after_those_that_it_needs_and_none_twice():
    assert modules_of(JoinedModules(TREE, "live/first.js").first("/static/v/joined")) == [
        "live/words.js",
        "live/first.js",
    ]


def test_what_is_imported_later_is_a_file_of_what_is_not_there_by_then():
    later = files(TREE)
    assert set(later) == {"joined/live/rest.js", "joined/live/press.js"}
    assert modules_of(later["joined/live/rest.js"]) == ["lib/http.js", "live/rest.js"]
    assert modules_of(later["joined/live/press.js"]) == ["live/press.js"]
    assert 'export const { start } = modules["live/rest.js"];' in later["joined/live/rest.js"]


@pytest.mark.parametrize("first", [FIRST + SOONER, FIRST.replace("export {", SOONER + "export {")])
def test_what_is_imported_from_two_places_has_all_that_one_of_them_lacks(first):
    later = files({**TREE, "live/first.js": first})
    assert modules_of(later["joined/live/press.js"]) == ["lib/http.js", "live/press.js"]


def test_imports_and_exports_become_lookups():
    script = JoinedModules(TREE, "live/first.js").first("/static/v/joined")
    assert 'const { shout: say } = modules["live/words.js"];' in script
    assert "return { greeting, say, page };" in script
    assert "export " not in script


def test_later_scripts_are_found_from_the_page_and_from_each_other():
    script = JoinedModules(TREE, "live/first.js").first("/static/v/joined")
    assert 'import((document.documentElement.dataset.root ?? "") + "/static/v/joined/live/rest.js")' in script
    assert 'import("./press.js")' in files(TREE)["joined/live/rest.js"]
    across = {**TREE, "lib/http.js": SITE + 'export const late = () => import("../live/press.js");\n'}
    assert 'import("./press.js")' in files(across)["joined/live/rest.js"]


def test_comments_are_left_out_and_what_is_said_in_strings_stays():
    script = JoinedModules(TREE, "live/first.js").first("/static/v/joined")
    assert "Not for browsers" not in script and "What is said" not in script and "@type" not in script
    assert '`${text} "/* no comment */" // no comment`' in script


@pytest.mark.parametrize(
    "line",
    [
        "export default class {}",
        "export let changing = 1;",
        'export * from "./words.js";',
        'import "./words.js";',
        'import * as words from "./words.js";',
        'const late = import("./" + name);',
        "const here = import.meta.url;",
        'const quote = /"/;',
        "const text = `a",
        "const a = 1; /* a comment",
        "  export const within = 1;".lstrip() + " export const second = 2;",
        'const a = 1;\nimport { shout } from "./words.js";',
    ],
)
def test_what_it_does_not_understand_is_refused_by_the_modules_name(line):
    with pytest.raises(ValueError, match="live/first.js"):
        JoinedModules({**TREE, "live/first.js": line + "\n"}, "live/first.js").first("/static/v")


def test_a_circle_and_a_missing_module_are_refused():
    with pytest.raises(ValueError, match="circle"):
        JoinedModules({**TREE, "live/words.js": 'import { greeting } from "./first.js";\n'}, "live/first.js").first("")
    with pytest.raises(ValueError, match="no such module"):
        JoinedModules({"live/first.js": FIRST}, "live/first.js").first("")


def test_every_module_of_the_live_page_is_joined_once():
    joined = JoinedModules.of(assets_folder() / "static", "live/entry.js")
    first = modules_of(joined.first(""))
    assert "live/call.js" in first and "live/main.js" not in first
    for name, data in joined.files().items():
        assert not set(first) & set(modules_of(data.decode())), name
