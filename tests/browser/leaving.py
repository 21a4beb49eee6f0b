"""The end of a browser's context."""

import contextlib

from playwright.sync_api import BrowserContext, Error

MOST_NAVIGATIONS = 5  # that a page may have begun; each can be in the way of about:blank once


def leave(context: BrowserContext) -> None:
    """Close a context, after its pages have gone to an empty one.

    Chromium forgets the closing of a page that is about to show another (crbug.com/536385539), and Playwright waits
    for it for ever, in ``Page.close`` and in ``BrowserContext.close``. An empty page is about to show nothing.
    """
    for page in context.pages:
        for _ in range(MOST_NAVIGATIONS):
            with contextlib.suppress(Error):
                page.goto("about:blank")
                break
    context.close()
