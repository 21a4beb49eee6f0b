"""One byte range of a file, as RFC 9110 section 14 has it.

Several ranges at once, units other than bytes and what is no range at all are ignored, as the RFC allows or demands:
the answer is then the whole file.
"""

import re

from werkzeug.exceptions import RequestedRangeNotSatisfiable

ONE_RANGE = re.compile(r"bytes=\s*(?P<first>\d{0,19})-(?P<last>\d{0,19})\s*", re.ASCII | re.IGNORECASE)


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (inclusive); None for the whole file. Raises where no byte of the range is in the file."""
    matched = ONE_RANGE.fullmatch(header)
    if matched is None or matched["first"] == matched["last"] == "":
        return None
    if matched["first"] == "":  # the last so many bytes
        first, last = max(0, size - int(matched["last"])), size - 1
    else:
        first, last = int(matched["first"]), min(int(matched["last"] or size), size - 1)
        if matched["last"] and int(matched["last"]) < first:
            return None
    if first >= size:
        raise RequestedRangeNotSatisfiable(size)
    return first, last
