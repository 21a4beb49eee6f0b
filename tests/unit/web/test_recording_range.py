"""Byte ranges, as RFC 9110 has them."""

import pytest
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from petcam.web.recordings.range import requested_range


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("bytes=2-4", (2, 4)),
        ("bytes=7-", (7, 9)),
        ("bytes=-2", (8, 9)),
        ("bytes=-100", (0, 9)),
        ("bytes=0-0", (0, 0)),
        ("bytes=5-100", (5, 9)),
        ("bytes=9-9223372036854775807", (9, 9)),
        ("Bytes= 1-2 ", (1, 2)),
    ],
)
def test_a_range_is_clipped_to_the_file(header, asked):
    assert requested_range(header, 10) == asked


@pytest.mark.parametrize(
    "header",
    ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=1-2,4-5", "lines=1-2", "bytes 1-2"],
)
def test_an_invalid_range_is_ignored(header):
    assert requested_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_a_range_without_a_byte_of_the_file_cannot_be_satisfied(header, size):
    with pytest.raises(RequestedRangeNotSatisfiable) as raised:
        requested_range(header, size)
    assert raised.value.length == size
