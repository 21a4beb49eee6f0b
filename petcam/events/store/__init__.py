"""events.db written: opened whatever lies there, what happens kept in memory until it is due, committed, recovered.

docs/events-db.md. Its one user calls :class:`Store` in one thread; who only reads takes ``petcam.events.read``.
"""

from petcam.events.store.event import Best, Event, boot_of, event_of
from petcam.events.store.rows import BOOT_COLUMNS, EVENT_COLUMNS
from petcam.events.store.schema import VERSION
from petcam.events.store.store import FILE_NAME, Store
from petcam.events.store.telling import Tell
from petcam.events.store.tidy import Bounds

__all__ = [
    "BOOT_COLUMNS",
    "EVENT_COLUMNS",
    "FILE_NAME",
    "VERSION",
    "Best",
    "Bounds",
    "Event",
    "Store",
    "Tell",
    "boot_of",
    "event_of",
]
