"""events.db read, for petcam-web: list, one, days, a day. Works while the writer runs, is down, or was killed.

docs/events-db.md, Readers.
"""

from petcam.events.read.answers import Day, DaySpan, DaySummary, Page, Seen, Wanted
from petcam.events.read.reader import Reader

__all__ = ["Day", "DaySpan", "DaySummary", "Page", "Reader", "Seen", "Wanted"]
