"""What the live page brings along in itself, so that it needs no further request until the first picture but its offer:
the modules of the first call, a script for browsers that cannot read them, the style, and the icon. The
Content-Security-Policy allows scripts and style by their hashes, and no others."""

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask
from markupsafe import Markup

END_OF_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
NOT_WITHIN_STYLE = re.compile(r"""</style|@import|url\((?!"data:)""", re.IGNORECASE)  # addresses would be the page's
ICON_SAFE = "/:=' ,()"
STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"^ *//.*", re.MULTILINE)


@dataclass(frozen=True)
class Inlined:
    """``script`` and ``style`` are the texts of the elements, to which ``of`` makes modules and style sheet fit."""

    script: str
    old: str
    style: str
    icon: str  # an address with the picture in it

    @classmethod
    def of(cls, script: str, old: str, style: str, icon: str) -> "Inlined":
        """Raises ``ValueError`` where one of them would end its element."""
        style, old = _without_comments(STYLE_COMMENT, style), _without_comments(LINE_COMMENT, old)
        for text, refused in ((script, END_OF_SCRIPT), (old, END_OF_SCRIPT), (style, NOT_WITHIN_STYLE)):
            if found := refused.search(text):
                raise ValueError(f"{found[0]} cannot be within a page's script or style")
        return cls(script, old, style, f"data:image/svg+xml,{quote(icon.strip(), safe=ICON_SAFE)}")

    def register(self, app: Flask) -> None:
        """Adds ``inlined`` for templates."""
        app.jinja_env.globals["inlined"] = {
            "script": Markup(self.script),
            "old": Markup(self.old),
            "style": Markup(self.style),
            "icon": self.icon,
        }


def _without_comments(comment: re.Pattern[str], text: str) -> str:
    """Nor indentation, nor empty lines."""
    lines = [line.strip() for line in comment.sub("", text).splitlines()]
    return "".join(f"{line}\n" for line in lines if line)


def hash_of(text: str) -> str:
    """As a source of a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
