"""Reads and checks a request's body: whatever a client sends, the answer is a 400 or 413 and never a 500."""

from typing import Any

from flask import json, request

from petcam.errors import Code, PetcamError

MAX_CONTROL_BYTES = 4 * 1024
MAX_OFFER_BYTES = 64 * 1024


def raw_body(max_bytes: int) -> bytes:
    """The bytes of the body, at most ``max_bytes``. waitress knows the length also of chunked bodies."""
    if (request.content_length or 0) > max_bytes:
        raise PetcamError(Code.TOO_LARGE, f"the body may have at most {max_bytes} bytes")
    return request.get_data()


def json_object(max_bytes: int = MAX_CONTROL_BYTES) -> dict[str, Any]:
    """The JSON object of the body, whatever its content type says; ``{}`` where there is no body."""
    body = raw_body(max_bytes)
    try:
        value = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise PetcamError(Code.BAD_REQUEST, "the body is not JSON") from error
    if not isinstance(value, dict):
        raise PetcamError(Code.BAD_REQUEST, "the body must be a JSON object")
    return value
