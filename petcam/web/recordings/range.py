"""One byte range of a file, as RFC 9110 section 14 has it.

Several ranges at once, units other than bytes and what is no range at all are ignored, as the RFC allows or demands:
the answer is then the whole file.
"""

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (inclusive); None for the whole file. Raises where no byte of the range is in the file."""
    unit, _, text = header.partition("=")
    if unit.strip().lower() == "bytes" and text.strip() == "-0":  # the last no bytes; werkzeug takes it for no range
        raise RequestedRangeNotSatisfiable(size)
    asked = parse_range_header(header)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    first, end = asked.ranges[0]
    if first < 0:  # the last so many bytes
        first, end = max(0, size + first), None
    if first >= size:
        raise RequestedRangeNotSatisfiable(size)
    return first, min(end or size, size) - 1
