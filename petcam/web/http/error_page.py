"""The page that says to a person what went wrong, with a way back; also to those who are not logged in.

``error.html`` is made without what other pages get: nothing in it depends on who asks, or on the camera. It gets
``status`` (HTTP's), ``text`` (what went wrong), ``command`` (that helps; may be empty), ``seconds`` (after which to try
again; 0: not said), ``here`` (the address to try again; empty where that is no use), ``leads_nowhere`` (bool: no link
of petcam's works), ``account`` (bool: also a way to the account, as the page that has it cannot be shown; never here,
only where petcam-streamer serves alone) and what :meth:`Language.for_templates` gives.
"""

import logging
from html import escape

from flask import current_app, request

from petcam.web.http.language import Language
from petcam.web.http.redirection import local_path, site_path
from petcam.web.http.same_origin import SAFE_METHODS

PASSING = frozenset({429, 500, 502, 503, 504, 507})  # statuses after which the same may go well

_log = logging.getLogger(__name__)


class ErrorPage:
    def __init__(self, language: Language) -> None:
        self._language = language

    def of(self, status: int, text: str, command: str = "", seconds: int = 0, leads_nowhere: bool = False) -> str:
        """The page's HTML; where it cannot be made, a bare one."""
        again = status in PASSING and request.method in SAFE_METHODS and not leads_nowhere
        try:
            return current_app.jinja_env.get_template("error.html").render(
                status=status,
                text=text,
                command=command,
                seconds=seconds,
                here=site_path(local_path(request.path)) if again else "",
                leads_nowhere=leads_nowhere,
                account=False,
                **self._language.for_templates(),
            )
        except Exception as error:  # the error that it was to say must not be lost behind another
            _log.error("the page of an error cannot be made", exc_info=error)
            return f"<!doctype html><title>petcam</title><p>{escape(text)}</p>"
