"""Addresses within the site. They are paths without a host, which is right by whatever name petcam was opened; behind a
proxy that serves petcam under a path they begin with that."""

from flask import Flask, redirect, request
from werkzeug.wrappers import Response


def register(app: Flask) -> None:
    """Gives templates ``site_path``."""
    app.jinja_env.globals["site_path"] = site_path


def site_path(path: str) -> str:
    """``path`` of a route as the browser has to ask for it; ``url_for`` gives that by itself."""
    return request.script_root + path


def redirect_to(path: str, status: int = 302) -> Response:
    """``path`` is what ``site_path`` or ``url_for`` gives."""
    answer = redirect(path, status)
    answer.autocorrect_location_header = False  # werkzeug before 2.1 would prepend http:// and the Host
    return answer


def local_path(target: str) -> str:
    """``target`` where it is a path on this site, else ``/``. Browsers read ``//host`` and ``/\\host`` as a host."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local else "/"
