"""A request's body, checked: whatever comes, the caller's fault is a 400 or 413 and never a 500."""

from typing import Any

from flask import json, request

from petcam.errors import Code, PetcamError

CONTROL_LIMIT = 4 * 1024  # bytes
OFFER_LIMIT = 64 * 1024


def raw_body(limit: int) -> bytes:
    """The bytes of the body, at most ``limit``. waitress always knows the length, of chunked bodies too."""
    if (request.content_length or 0) > limit:
        raise PetcamError(Code.TOO_LARGE, f"the body may have at most {limit} bytes")
    return request.get_data()


def json_object(limit: int = CONTROL_LIMIT) -> dict[str, Any]:
    """The JSON object of the body, whatever its content type says; ``{}`` where there is no body."""
    body = raw_body(limit)
    try:
        value = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise PetcamError(Code.BAD_REQUEST, "the body is not JSON") from error
    if not isinstance(value, dict):
        raise PetcamError(Code.BAD_REQUEST, "the body must be a JSON object")
    return value
