"""QR codes, by which a phone opens an address with its camera. They need segno, which is optional; a leaf.

segno is imported only for a code: nothing else of petcam needs it.
"""

import io
from types import ModuleType

REMEDY = "sudo apt install python3-segno (in a checkout: make setup)"
QUIET_ZONE = 4  # modules around a code, by its standard
WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"  # whatever the terminal's own colours are


def _library() -> ModuleType | None:
    try:
        import segno
    except ImportError:
        return None
    return segno  # type: ignore[no-any-return, unused-ignore]


def svg(text: str) -> str:
    """An element for a page, of black and white and without a size; empty without segno."""
    library = _library()
    if library is None:
        return ""
    code = library.make(text, micro=False)
    drawn: str = code.svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", svgclass=None, lineclass=None)
    return drawn


def lines(text: str) -> list[str]:
    """Of half blocks, in white and black, for a terminal; none without segno."""
    library = _library()
    if library is None:
        return []
    written = io.StringIO()
    library.make(text, micro=False).terminal(written, border=QUIET_ZONE, compact=True)
    return [f"{WHITE_ON_BLACK}{line}{PLAIN}" for line in written.getvalue().splitlines()]
