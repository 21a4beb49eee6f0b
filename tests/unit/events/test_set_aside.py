"""Whatever lies in the place of the database, it is set aside and said, and a new one is begun."""

import os
import socket
import sqlite3
from contextlib import closing

import pytest

from petcam.events.read import Reader, Wanted
from tests.unit.events.stand_ins import NOON, ns


def text(path):
    path.write_text("no database")


def folder(path):
    (path / "in it").mkdir(parents=True)


def link(path):
    path.with_name("elsewhere").write_bytes(b"")
    path.symlink_to("elsewhere")


def link_to_nowhere(path):
    path.symlink_to("nowhere")


def pipe(path):
    os.mkfifo(path)


def socket_file(path):
    here = os.getcwd()
    os.chdir(path.parent)  # its whole path may be too long for a socket
    try:
        with closing(socket.socket(socket.AF_UNIX)) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def sql(*commands):
    def make(path):
        with closing(sqlite3.connect(path)) as database:
            for command in commands:
                database.execute(command)

    return make


def newer(path):
    sql("CREATE TABLE events (what)", "PRAGMA user_version=2")(path)


def log_alone(path):
    path.with_name("events.db-wal").write_bytes(b"of another one")


def folder_for_log(path):
    path.write_bytes(b"")
    folder(path.with_name("events.db-wal"))


def folder_for_index(path):
    path.write_bytes(b"")
    folder(path.with_name("events.db-shm"))


BAD = [text, folder, link, link_to_nowhere, pipe, socket_file, newer, log_alone]
BAD += [sql("CREATE TABLE pictures (name)"), sql("CREATE TABLE boots (number)", "PRAGMA user_version=1")]


@pytest.mark.parametrize("put", BAD)
def test_what_is_no_database_of_ours_is_set_aside_and_said(put, tmp_path, make_board, reader, caplog):
    directory = tmp_path / "events"
    directory.mkdir()
    put(directory / "events.db")
    board = make_board()
    assert "is now events.db.aside-" in board.store.status
    assert sum("cannot be used" in record.message for record in caplog.records) == 1
    visit = board.come()
    board.leave(visit)
    assert reader.one(visit.id).begin == NOON + 100
    (trouble,) = reader.page(Wanted(kind="trouble")).events
    assert trouble.class_name == "database" and "aside" in trouble.detail
    assert any(file.name.startswith("events.db.aside-") for file in directory.iterdir())
    if put is link:
        assert directory.joinpath("elsewhere").read_bytes() == b""


@pytest.mark.parametrize("put", [folder_for_log, folder_for_index])
def test_folders_in_the_place_of_what_lies_beside_it_need_three_tries(put, tmp_path, make_board, reader):
    (tmp_path / "events").mkdir()
    put(tmp_path / "events/events.db")
    board = make_board()
    board.visit(10)
    assert "kept in memory" in board.store.status
    board.pass_time(200)
    assert len(reader.page(Wanted(kind="visit")).events) == 1
    assert "is now events.db.aside-" in board.store.status


def test_an_empty_file_is_a_new_database(tmp_path, make_board):
    (tmp_path / "events").mkdir()
    (tmp_path / "events/events.db").touch()
    board = make_board()
    board.visit(10)
    assert board.store.status == ""


def test_ids_go_on_above_those_of_what_was_set_aside(tmp_path, make_board):
    board = make_board()
    old = board.visit(10)
    board.close()
    (tmp_path / "events/events.db").write_text("no database")
    assert make_board(now=board.now + 5).come().id > NOON > old.id


def test_what_is_whole_of_it_is_taken_over(tmp_path, make_board, reader):
    board = make_board()
    visits = [board.visit(10) for _ in range(40)]
    board.close()
    path = tmp_path / "events/events.db"
    data = bytearray(path.read_bytes())
    data[10 * 512 : 11 * 512] = bytes(512)
    path.write_bytes(data)
    board = make_board(now=board.now + 5)
    assert "is now events.db.aside-" in board.store.status
    found = reader.page(Wanted(kind="visit"), limit=500).events
    assert len(visits) - 10 < len(found) < len(visits)
    assert {event.begin for event in found} <= {NOON + visit.begin for visit in visits}


def test_three_are_kept_and_none_that_is_too_large(tmp_path, make_board):
    directory = tmp_path / "events"
    for number in range(5):
        board = make_board()
        board.close()
        (directory / "events.db").write_text(f"no database {number}")
    with open(directory / "events.db", "wb") as file:
        file.truncate(65 * 2**20)
    make_board()
    kept = sorted(file.read_text() for file in directory.iterdir() if "aside" in file.name)
    assert kept == ["no database 2", "no database 3"]


def test_damage_that_shows_while_it_runs_costs_nothing_that_is_in_memory(board, reader, caplog):
    cat = board.come()
    path = board.directory / "events.db"
    board.store._link.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path, "r+b") as file:
        file.write(os.urandom(path.stat().st_size))
    dog = board.come("dog")
    board.pass_time(6 * 3600 + 200, [cat, dog])
    found = reader.page(Wanted(kind="visit")).events
    assert [(event.class_name, event.is_open) for event in found] == [("dog", True), ("cat", True)]
    assert "is now events.db.aside-" in board.store.status


@pytest.fixture
def long_database(make_board, tmp_path):
    """Of 2,500 sounds, more than are proved at the start; closed."""
    board = make_board()
    for number in range(2_500):
        board.store.heard("bark", ns(board.now), ns(board.now), number, ns(board.now))
        if number % 500 == 499:
            board.pass_time(6)
    board.close()
    return tmp_path / "events/events.db"


def test_a_damaged_page_of_long_ago_shows_at_the_start(long_database, make_board):
    data = bytearray(long_database.read_bytes())
    data[50 * 512 : 51 * 512] = bytes(512)
    long_database.write_bytes(data)
    assert "is now events.db.aside-" in make_board(now=1000.0).store.status


def test_a_damaged_row_of_long_ago_shows_within_seconds(long_database, make_board, reader):
    data = bytearray(long_database.read_bytes())
    at = data.index(b"soundbark", 50 * 512)
    data[at : at + 9] = b"soundpurr"
    long_database.write_bytes(data)
    board = make_board(now=1000.0)
    assert board.store.status == ""
    board.pass_time(30)
    assert "is now events.db.aside-" in board.store.status
    assert reader.page(Wanted(class_name="purr")).events == []


def test_the_tables_are_those_of_the_document():
    from pathlib import Path

    from petcam.events.store import BOOT_COLUMNS, EVENT_COLUMNS

    document = Path(__file__).parents[3].joinpath("docs/events-db.md").read_text()
    for table, columns in (("boots", BOOT_COLUMNS), ("events", EVENT_COLUMNS)):
        rows = document.split(f"| `{table}` | |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
        named = [name.strip("` ") for row in rows for name in row.split("|")[1].split(",")]
        assert sorted(named) == sorted(columns.split(", "))


def test_a_reader_of_another_version_says_so(tmp_path):
    from petcam.errors import Code, PetcamError

    (tmp_path / "events").mkdir()
    newer(tmp_path / "events/events.db")
    with pytest.raises(PetcamError, match="version 2") as raised:
        Reader(tmp_path / "events").page()
    assert raised.value.code is Code.EVENTS_UNREADABLE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_made_is_the_services_to_use(tmp_path, make_board):
    directory = tmp_path / "events"
    directory.mkdir()
    os.chown(directory, 65534, 65533)
    make_board(directory).visit(5)
    assert {(directory / name).stat().st_uid for name in os.listdir(directory)} == {65534}
    assert {(directory / name).stat().st_gid for name in os.listdir(directory)} == {65533}
    assert len(os.listdir(directory)) == 4  # with the lock, and what SQLite has beside it
