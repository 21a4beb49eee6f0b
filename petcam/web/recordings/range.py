"""Byte ranges of a file by RFC 9110, section 14.

Only a single range is served. Several ranges, units other than bytes and invalid headers are ignored, as the RFC allows
or requires: the answer is then the whole file.
"""

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (inclusive); None for the whole file. Raises where no byte of the range is in the file."""
    unit, _, text = header.partition("=")
    if (
        unit.strip().lower() == "bytes" and text.strip() == "-0"
    ):  # the last 0 bytes; werkzeug takes that for an invalid header
        raise RequestedRangeNotSatisfiable(size)
    asked = parse_range_header(header)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    first, end = asked.ranges[0]
    if first < 0:  # a suffix: the last bytes
        first, end = max(0, size + first), None
    if first >= size:
        raise RequestedRangeNotSatisfiable(size)
    return first, min(end or size, size) - 1
