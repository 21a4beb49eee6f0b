"""The format of docs/page-bundle.md, read and written out as its steps say: what Go does, in the fewest lines."""

from markupsafe import escape


def holds(condition, values):
    kind, first, *rest = condition
    if kind == "set":
        return values.get(first, "") != ""
    if kind == "is":
        return values.get(first, "") == rest[0]
    if kind == "not":
        return not holds(first, values)
    if kind == "and":
        return holds(first, values) and holds(rest[0], values)
    assert kind == "or"
    return holds(first, values) or holds(rest[0], values)


def render(parts, values, lists, text):
    """``text``: what a key of the catalogue means in the page's language."""
    return "".join(_part(part, values, lists, text) for part in parts)


def _part(part, values, lists, text):
    if isinstance(part, str):
        return part
    kind, name, *rest = part
    if kind == "text":
        return str(escape(values.get(name, "")))
    if kind == "raw":
        return values.get(name, "")
    if kind == "say":
        return str(escape(text(values.get(name, ""))))
    if kind == "if":
        return render(rest[0] if holds(name, values) else rest[1], values, lists, text)
    assert kind == "each"
    return "".join(render(rest[0], values | row, lists, text) for row in lists.get(name, ()))
