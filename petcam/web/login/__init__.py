"""Login: sessions and their cookie, the check in front of every route, and the pages for logging in and out.

Imports ``access``, ``errors``, ``qr_code``, ``system`` and ``web.http``. The keeper is a thread: the entry point starts
and ends it.
"""

from collections.abc import Callable

from flask import Flask

from petcam.access import Owner
from petcam.web.login.account_page import AccountPage
from petcam.web.login.cookie import Cookie
from petcam.web.login.first_visit import FirstVisit
from petcam.web.login.gate import Gate
from petcam.web.login.keeper import Keeper
from petcam.web.login.login_pages import LoginPages
from petcam.web.login.sessions import Sessions, sessions_trouble
from petcam.web.login.throttle import Throttle
from petcam.web.login.visitors import Visitors

__all__ = ["Cookie", "Keeper", "Sessions", "Throttle", "Visitors", "register", "sessions_trouble"]


def register(app: Flask, visitors: Visitors, owner: Owner, address: Callable[[], str]) -> None:
    """To be called before the rooms that it guards. ``address()`` is where other devices open the page. Every
    template gets ``may_change`` (bool)."""
    Gate(visitors).register(app)
    login_pages = LoginPages(visitors, owner)
    login_pages.register(app)
    FirstVisit(visitors, owner, address).register(app)
    AccountPage(visitors, owner, login_pages).register(app)
    app.context_processor(lambda: {"may_change": visitors.is_owner()})
