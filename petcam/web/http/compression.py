"""Compressed pages: from far away a page that fits into the first packets of a connection is there a round trip sooner.

Nothing that a stranger could choose is in a page beside what is secret in it, and an offer's token is another one in
each page, so what a page is compressed to tells nothing of it.
"""

import gzip

from flask import Response, request

LEVEL = 6


def compressed(page: str) -> Response:
    """``page`` as an answer, by gzip for a browser that takes that."""
    response = Response(page.encode())
    response.headers["Vary"] = "Accept-Encoding"
    if request.accept_encodings["gzip"] > 0:
        response.data = gzip.compress(page.encode(), LEVEL, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response
