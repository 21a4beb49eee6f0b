"""Redirections within the site. They give a path without a host, which is right by whatever name petcam was opened."""

from flask import redirect
from werkzeug.wrappers import Response


def redirect_to(path: str, status: int = 302) -> Response:
    answer = redirect(path, status)
    answer.autocorrect_location_header = False  # werkzeug before 2.1 would prepend http:// and the Host
    return answer


def local_path(target: str) -> str:
    """``target`` where it is a path on this site, else ``/``. Browsers read ``//host`` and ``/\\host`` as a host."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local else "/"
