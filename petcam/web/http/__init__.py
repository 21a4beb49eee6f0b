"""HTTP: the server and its connections, the checks in front of every route, and the form of answers.

Imports ``config``, ``errors``, ``streamer_client``, ``system``, ``words`` and ``web.home_screen``; no other room of the
web tier.
"""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from petcam.config import Camera, Web
from petcam.web.home_screen import HomeScreen
from petcam.web.http import body, headers, query, redirection, same_origin
from petcam.web.http.body import MAX_OFFER_BYTES, json_object, raw_body
from petcam.web.http.channel import CONNECTION_KEY, Connection
from petcam.web.http.compression import compressed
from petcam.web.http.downloads import Downloads
from petcam.web.http.error_page import ErrorPage
from petcam.web.http.errors import STATUS, Errors, error_answer, error_body, is_page, json_answer, wants_html
from petcam.web.http.feed import Feed
from petcam.web.http.forwarded import Forwarded, tls_proof
from petcam.web.http.hosts import HOST_PATTERN, Hosts, host_name
from petcam.web.http.inlined import Inlined
from petcam.web.http.joined_modules import JoinedModules
from petcam.web.http.language import Language
from petcam.web.http.marks import Mark, has_mark, marked
from petcam.web.http.own_address import address_for_others, lan_url
from petcam.web.http.query import number, whole_number
from petcam.web.http.redirection import local_path, redirect_to, site_path
from petcam.web.http.same_origin import SAFE_METHODS
from petcam.web.http.server import WebServer
from petcam.web.http.server_sent_events import event_stream
from petcam.web.http.static_files import StaticFiles
from petcam.web.http.stream_slots import StreamSlots
from petcam.web.http.streamer_answer import passed_on
from petcam.web.http.streaming import STREAM_CHECK_SECONDS, OpenStreams
from petcam.web.http.subscribers import MAX_AGE_SECONDS, Subscribers
from petcam.words import Words

__all__ = [
    "CONNECTION_KEY",
    "HOST_PATTERN",
    "MAX_AGE_SECONDS",
    "STREAM_CHECK_SECONDS",
    "MAX_OFFER_BYTES",
    "SAFE_METHODS",
    "STATUS",
    "Connection",
    "Downloads",
    "Feed",
    "Hosts",
    "Mark",
    "OpenStreams",
    "StreamSlots",
    "Subscribers",
    "WebServer",
    "address_for_others",
    "compressed",
    "error_body",
    "event_stream",
    "redirect_to",
    "site_path",
    "has_mark",
    "is_page",
    "json_answer",
    "json_object",
    "lan_url",
    "local_path",
    "marked",
    "number",
    "host_name",
    "passed_on",
    "error_answer",
    "raw_body",
    "register",
    "tls_proof",
    "wants_html",
    "whole_number",
]


def register(
    app: Flask,
    web: Web,
    camera: Camera,
    hosts: Hosts,
    proof: str,
    assets: Path,
    streamer_origin: Callable[[], str],
) -> None:
    """To be called before the other rooms' ``register``, so that these checks run before theirs. Templates get
    ``camera_name``."""
    app.config["MAX_CONTENT_LENGTH"] = body.MAX_OFFER_BYTES  # of forms; views that take JSON have their own limits
    app.jinja_env.globals["camera_name"] = camera.shown_name
    query.register(app)
    redirection.register(app)
    hosts.register(app)
    same_origin.register(app)
    language = Language(Words(assets / "words"))
    language.register(app)
    Errors(language, ErrorPage(language)).register(app)
    joined = JoinedModules.of(assets / "static", "live/entry.js")
    home_screen = HomeScreen(camera.shown_name, (assets / "static" / "icon.svg").read_text(encoding="utf-8"))
    generated = {**language.files(), **joined.files(), **home_screen.files()}
    files = StaticFiles(assets / "static", generated, home_screen.drawn())
    files.register(app)
    style = "".join(map(files.content, ("petcam.css", "live/page.css")))
    inlined = Inlined.of(
        joined.first(f"{files.path}/joined"), files.content("live/old.js"), style, files.content("icon.svg")
    )
    inlined.register(app)
    headers.register(app, streamer_origin, inlined)
    Forwarded.register(app, web, proof)
