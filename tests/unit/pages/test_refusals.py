"""What of a template cannot come out as Jinja would have it is refused, with the template's name and the line; what can
is what Jinja makes of it."""

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup

from tests.unit.pages.reader import render
from tools.pages.compiler import Compiler
from tools.pages.expression import Refused
from tools.pages.values import Function, Record, Rows, Variable, joined

VARIABLES = {
    "a": Variable("a"),
    "b": Variable("b"),
    "code": Variable("code", "raw"),
    "config": Variable("config", "json"),
    "rows": Rows("rows", ("key", "command")),
    "host": Record({"on": Variable("host.on")}),
    "links": (Record({"tag": "en"}), Record({"tag": "ja"})),
    "path": Function(lambda path: joined(["/r", path])),
}
OTHERS = {
    "base.html": "<h1>{% block title %}base{% endblock %}</h1>\n{% block body %}{% endblock %}",
    "field.html": '{% set mark = "!" %}{% macro field(id, wrong="", last="z") %}'
    '<i id="{{ id }}">{{ wrong }}{{ mark }}{{ last }}{% endmacro %}',
    "part.html": "[{{ a }}]",
    "with_block.html": "{% block x %}{% endblock %}",
    "bad.html": "\n{{ a|upper }}",
    "bad_macro.html": "{% macro bad() %}\n\n{{ a + b }}{% endmacro %}",
}


def environment(source):
    return Environment(loader=DictLoader({**OTHERS, "page.html": source}), autoescape=True)


def compiled(source):
    return Compiler(environment(source), VARIABLES).compile("page.html")


REFUSED = [
    # Names and what is taken of them
    ("{{ nothing }}", "nothing is not known"),
    ("{% if nothing %}{% endif %}", "nothing is not known"),
    ("{{ a.b }}", r"there is no \.b"),
    ("{{ host.off }}", r"there is no \.off"),
    ("{{ {'x': 1}.x }}", r"there is no \.x"),
    ("{{ {'x': 1}['x'] }}", "Getitem cannot be evaluated"),
    ("{{ {'x': 1}.get(a) }}", "default"),
    ("{{ {a: 1}.get('x', '') }}", "no constant text"),
    ("{{ {'x': 1}.get(a ~ b, '') }}", "cannot be looked up"),
    ("{{ {'x': 1}.get(code, '') }}", "cannot be compared"),
    ("{{ links[0] }}", "Getitem cannot be evaluated"),
    # Expressions
    ("{{ a|upper }}", "the filter upper"),
    ("{{ a|tojson }}", "the filter tojson"),
    ("{{ config|tojson(indent=2) }}", "the filter tojson"),
    ("{{ config }}", "cannot be written"),
    ("{% if config %}{% endif %}", "neither true nor false"),
    ("{% if rows %}{% endif %}", "neither true nor false"),
    ("{{ rows }}", "cannot be written"),
    ("{{ none }}", "cannot be written"),
    ("{{ true }}", "cannot be written"),
    ("{{ 1.5 }}", "cannot be written"),
    ("{{ a == b }}", "cannot be compared"),
    ("{{ a == 1 }}", "cannot be compared"),
    ("{% if (a,) == ('x',) %}{% endif %}", "cannot be compared"),
    ("{% if code == 'x' %}{% endif %}", "cannot be compared"),
    ("{{ a > 'x' }}", "this comparison"),
    ("{{ 1 < 2 < 3 }}", "this comparison"),
    ("{{ a in b }}", "this comparison"),
    ("{{ a not in ('x',) }}", "this comparison"),
    ("{{ a + b }}", "Add cannot be evaluated"),
    ("{{ a is defined }}", "Test cannot be evaluated"),
    ("{{ 'x' if a }}", "an if without else"),
    ("{{ a ~ code }}", "no plain text"),
    ("{{ a() }}", "cannot be called"),
    ("{{ path() }}", "path"),
    ("{{ path(code) }}", "no plain text"),
    ("{{ path(*links) }}", r"arguments by \*"),
    ("{{ path(**{}) }}", r"arguments by \*"),
    ("{{ super() }}", "super is not known"),
    ("{{ a[1:] }}", "cannot be evaluated"),
    # Statements
    ("{% for x in a %}{% endfor %}", "no list"),
    ("{% for x in links if a %}{% endfor %}", "a for with if"),
    ("{% for x in links %}{% else %}x{% endfor %}", "a for with if, else"),
    ("{% for x in links recursive %}{% endfor %}", "a for with if, else or recursive"),
    ("{% for x in links %}{{ loop.index }}{% endfor %}", "loop is not known"),
    ("{% for x in rows %}{% endfor %}{{ x }}", "x is not known"),
    ("{% for x, y, z in rows %}{% endfor %}", "longer|shorter"),
    ("{% for x, y in links %}{% endfor %}", "nothing that this could be set to"),
    ("{% for k, c in rows %}{% for l, d in rows %}{% endfor %}{% endfor %}", "rows within rows"),
    ("{% set x = 1 %}{% set x = 2 %}", "x is set again"),
    ("{% set a = 1 %}", "a is set again"),
    ("{% set x.y = 1 %}", "cannot|nothing|known"),
    ("{% if a %}{% set x = 1 %}{% endif %}{{ x }}", "x is not known"),
    ("{% if a %}{% else %}{% set x = 1 %}{% endif %}{{ x }}", "x is not known"),
    ("{% with x = 1 %}{% endwith %}{{ x }}", "x is not known"),
    ("{% set x %}text{% endset %}", "AssignBlock cannot be evaluated"),
    ("{% filter upper %}{% endfilter %}", "FilterBlock cannot be evaluated"),
    ("{% autoescape false %}{{ a }}{% endautoescape %}", "cannot be evaluated"),
    ("{% call path('x') %}{% endcall %}", "CallBlock cannot be evaluated"),
    ("{% import 'field.html' as x %}", "Import cannot be evaluated"),
    ("{% from 'field.html' import field %}", "an import without context"),
    ("{% from a import field with context %}", "not written down"),
    ("{% from 'field.html' import nothing with context %}", "nothing"),
    ("{% include 'part.html' ignore missing %}", "ignore missing"),
    ("{% include 'part.html' without context %}", "without context"),
    ("{% include a %}", "not written down"),
    ("{% include ['part.html'] %}", "not written down"),
    ("{% include 'with_block.html' %}", "with_block.html:1: a block that is"),
    ("{% extends a %}", "not written down"),
    ("x{% extends 'base.html' %}", "Extends cannot be evaluated"),
    ("{% if a %}{% extends 'base.html' %}{% endif %}", "Extends cannot be evaluated"),
    ("{% for x in links %}{% block y scoped %}{% endblock %}{% endfor %}", "a block that is scoped"),
    ("{% for x in links %}{% block y %}{% endblock %}{% endfor %}", "a block that is .* within a loop"),
    ("{% with x = 1 %}{% block y %}{% endblock %}{% endwith %}", "a block that is .* within a loop, a with"),
    ("{% block y required %}{% endblock %}", "required"),
    # Macros
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m() }}", r"m\(\) lacks x"),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1, 2) }}", r"m\(\) has other arguments"),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1, x=2) }}", r"m\(\) has other arguments"),
    ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(y=2) }}", r"m\(\) has other arguments"),
    ("{% macro m() %}{{ varargs }}{% endmacro %}{{ m() }}", "varargs is not known"),
    ("{% macro m() %}x{% endmacro %}{% if m() %}{% endif %}", "neither true nor false"),
    ("{% macro m() %}x{% endmacro %}{{ m() ~ 'y' }}", "no plain text"),
    ("{% macro m() %}x{% endmacro %}{{ path(m()) }}", "no plain text"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
    ("{% include 'page.html' %}", "recursion"),
    ("{% macro m() %}x{% endmacro %}{{ m }}", "cannot be written"),
]


@pytest.mark.parametrize(("source", "why"), REFUSED)
def test_it_is_refused_with_name_and_line(source, why):
    with pytest.raises(Refused, match=why) as error:
        compiled(f"{{# one line #}}{source}")
    assert str(error.value).startswith(("page.html:1: ", "with_block.html:1: "))


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("\n\n{{ a|upper }}", "page.html:3: "),
        ("{{ a }}\n{% if a %}\n{% for x in links %}\n\n{{ x.no }}{% endfor %}{% endif %}", "page.html:5: "),
        ("{% extends 'base.html' %}\n{% block title %}\n{{ no }}{% endblock %}", "page.html:3: "),
        ("\n{% include 'bad.html' %}", "bad.html:2: "),
        ("{% from 'bad_macro.html' import bad with context %}\n{{ bad() }}", "bad_macro.html:3: "),
    ],
)
def test_the_line_is_that_of_what_is_refused(source, where):
    with pytest.raises(Refused) as error:
        compiled(source)
    assert str(error.value).startswith(where)


FIELD = '{% from "field.html" import field with context %}'
TAKEN = [
    "{{ a }} &amp; {{ '<b>' }} {{ 12 }}",
    "{{ code }}{{ config|tojson }}",
    "{% if a == 'x' %}1{% elif b != '' %}2{% elif host.on %}3{% else %}4{% endif %}",
    "{% if not (a and b or a == '<') %}1{% endif %}{% if code %}2{% endif %}",
    "{{ a or b }}{{ a and b }}{{ a or 'x' }}{{ ('y' if b else '<') or a }}",
    "{% set x = 'p' if a else 'q' %}{% if x == 'p' and 'q' != x %}1{% endif %}{{ x }}",
    "{% if a %}{% set x = b %}{% else %}{% set x = '<' %}{% endif %}{{ x }}{% if x == '<' %}1{% endif %}",
    "{{ {'x': 'one', '<': b}.get(a, '?') }}{{ {'': 'none'}.get(a if b else b, 'some') }}",
    "{% if a in ('x', '<') %}1{% endif %}{{ 1 if 'x' in ['x'] else 2 }}",
    "{{ path(a ~ '/' ~ 3) }}{{ path('') }}{{ path('x' if a else b) }}",
    "{% for key, command in rows %}{{ key }}{% if command %}:{{ command }}{% endif %},{% endfor %}",
    "{% for each in links %}{{ each.tag }}{% if each.tag == 'ja' %}{{ a }}{% endif %}{% endfor %}",
    "{% with x = a, y = 'z' %}{{ x }}{{ y }}{% include 'part.html' %}{% endwith %}",
    FIELD + "{{ field('i') }}{{ field(a ~ 'k', b) }}{{ field(id='<', last=code) }}{{ field('x', 'y' if a else '') }}",
    "{% set w = b %}{% macro m(x, y=a) %}{% set z = x %}{{ z }}{{ y }}{{ w }}{% endmacro %}{{ m('1') }}{{ m(m(a)) }}",
    "{% extends 'base.html' %}\n{% set x = 'set' %}\nnot shown {{ no }}{% block title %}{{ a }}{{ x }}{% endblock %}",
    "{% extends 'base.html' %}{% from 'field.html' import field with context %}"
    "{% block body %}{% if a %}{{ field('x') }}{% endif %}{% endblock %}",
    "{%- if a -%}  x  {%- endif %}\n\n  {#- nothing -#}  y\n",
]


@pytest.mark.parametrize("source", TAKEN)
def test_what_is_taken_is_as_jinja_has_it(source):
    parts, template = compiled(source), environment(source).get_template("page.html")
    values = ("", "x", "<", "y&'\"")
    for a in values:
        for b in values:
            for on in ("", "1"):
                texts = {"a": a, "b": b, "code": f"<i>{b}", "config": '{"c":1}', "host.on": on}
                rows = [{"@key": a, "@command": b}, {"@key": b, "@command": ""}][: len(a) + 1]
                his = template.render(
                    a=a,
                    b=b,
                    code=Markup(texts["code"]),
                    config={"c": 1},
                    rows=[(row["@key"], row["@command"]) for row in rows],
                    host={"on": bool(on)},
                    links=({"tag": "en"}, {"tag": "ja"}),
                    path=lambda path: f"/r{path}",
                )
                his = his.replace('{"c": 1}', '{"c":1}')
                assert render(parts, texts, {"rows": rows}, str) == his
