"""HTTP itself: the server and its connections, what stands in front of every route, and the shapes of answers.

Imports ``config``, ``errors``, ``streamer_client``, ``system`` and ``words``; no other room of the web tier.
"""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from petcam.config import Web
from petcam.web.http import body, headers, same_origin
from petcam.web.http.body import OFFER_LIMIT, json_object, raw_body
from petcam.web.http.channel import CONNECTION, Connection
from petcam.web.http.errors import Errors, error_body, is_page, json_answer, petcam_answer
from petcam.web.http.forwarded import Forwarded, tls_proof
from petcam.web.http.hosts import HOST, Hosts, name_of
from petcam.web.http.language import Language
from petcam.web.http.marks import Mark, has, marked
from petcam.web.http.redirection import go_to, local_path
from petcam.web.http.same_origin import SAFE_METHODS
from petcam.web.http.server import WebServer
from petcam.web.http.static_files import StaticFiles
from petcam.web.http.stream_slots import StreamSlots
from petcam.web.http.streamer_answer import passed_on
from petcam.web.http.streaming import LOOK_UP, OpenStreams
from petcam.words import Words

__all__ = [
    "CONNECTION",
    "HOST",
    "LOOK_UP",
    "OFFER_LIMIT",
    "SAFE_METHODS",
    "Connection",
    "Hosts",
    "Mark",
    "OpenStreams",
    "StreamSlots",
    "WebServer",
    "error_body",
    "go_to",
    "has",
    "is_page",
    "json_answer",
    "json_object",
    "local_path",
    "marked",
    "name_of",
    "passed_on",
    "petcam_answer",
    "raw_body",
    "register",
    "tls_proof",
]


def register(app: Flask, web: Web, hosts: Hosts, proof: str, assets: Path, streamer_origin: Callable[[], str]) -> None:
    """First of all rooms: what it puts in front is asked before any other room's gate."""
    app.config["MAX_CONTENT_LENGTH"] = body.OFFER_LIMIT  # of forms; views that take JSON look themselves
    hosts.register(app)
    same_origin.register(app)
    headers.register(app, streamer_origin)
    language = Language(Words(assets / "words"))
    language.register(app)
    Errors(language).register(app)
    StaticFiles(assets / "static").register(app)
    Forwarded.register(app, web, proof)
