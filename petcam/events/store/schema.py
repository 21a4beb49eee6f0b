"""The database's shape (docs/events-db.md): made, and compared with what is there."""

import sqlite3

VERSION = 1
PAGE_BYTES = 512  # a commit costs little more than the page of the kernel's that it begins in
MAX_PAGES = 65_536
CHECKPOINT_FRAMES = 500
LOG_BYTES = 512 * 1024  # a larger log is cut back to it once all of it was moved over
BUSY_SECONDS = 1.0
TABLES = {
    "boots": """CREATE TABLE boots (
number INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, slept_ns INTEGER NOT NULL, offset_ns INTEGER NOT NULL,
known INTEGER NOT NULL, began_ns INTEGER NOT NULL, alive_ns INTEGER NOT NULL, stopped INTEGER NOT NULL,
events_from INTEGER NOT NULL, events_to INTEGER NOT NULL, crc INTEGER NOT NULL)""",
    "events": """CREATE TABLE events (
id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
is_open INTEGER NOT NULL, crc INTEGER NOT NULL, kind TEXT NOT NULL, class TEXT NOT NULL, most INTEGER NOT NULL,
top_score REAL NOT NULL, is_still INTEGER NOT NULL, moved_ns INTEGER NOT NULL, best TEXT NOT NULL,
asleep TEXT NOT NULL, recordings TEXT NOT NULL, detail TEXT NOT NULL)""",
}


def prepare(database: sqlite3.Connection) -> None:
    """To be called before anything else is done with it. ``auto_vacuum`` stays off: what is free is used again."""
    for pragma in (
        *(f"page_size={PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF"),
        *(f"wal_autocheckpoint={CHECKPOINT_FRAMES}", f"journal_size_limit={LOG_BYTES}", "cell_size_check=ON"),
        *(f"max_page_count={MAX_PAGES}", "cache_size=-512", "temp_store=MEMORY", "mmap_size=0"),
    ):
        database.execute(f"PRAGMA {pragma}").fetchall()


def create(database: sqlite3.Connection) -> None:
    """In one transaction, so that it is there as a whole or not at all."""
    database.execute("BEGIN IMMEDIATE")
    for text in TABLES.values():
        database.execute(text)
    database.execute(f"PRAGMA user_version={VERSION}")
    database.execute("COMMIT")


def is_empty(database: sqlite3.Connection) -> bool:
    (count,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not count and not version_of(database)


def version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def has_our_tables(database: sqlite3.Connection) -> bool:
    return dict(database.execute("SELECT name, sql FROM sqlite_master").fetchall()) == TABLES
