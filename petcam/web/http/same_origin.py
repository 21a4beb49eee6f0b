"""Protection against cross-site requests: a change must come from petcam's own page, not from another site's."""

from flask import Flask, request

from petcam.errors import Code, PetcamError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # they change nothing


def register(app: Flask) -> None:
    app.before_request(refuse_other_origins)


def refuse_other_origins() -> None:
    """Browsers send ``Sec-Fetch-Site``, ``Origin`` or both; programs such as curl send neither and are let through."""
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none")
    if foreign or (origin is not None and origin.partition("://")[2] != request.headers.get("Host")):
        message = "this can only be asked for from petcam's own page"
        raise PetcamError(Code.FORBIDDEN, message, key="refusals.foreign_page")
