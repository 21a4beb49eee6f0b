"""This petcam, as Home Assistant shows it."""

from typing import NamedTuple


class Device(NamedTuple):
    name: str  # for people
    version: str
    page: str = ""  # URL of its page; empty: not known
