"""Redirections within the site, which name no host: a path is right by whatever name the page was opened."""

from flask import redirect
from werkzeug.wrappers import Response


def go_to(path: str, status: int = 302) -> Response:
    answer = redirect(path, status)
    answer.autocorrect_location_header = False  # werkzeug before 2.1 would put http:// and the Host before it
    return answer


def local_path(target: str) -> str:
    """``target`` where it is a path on this site, else ``/``. Browsers read ``//host`` and ``/\\host`` as a host."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local else "/"
