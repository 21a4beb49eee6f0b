"""Files of the state that are damaged, in whatever way: nobody gets in by them, the service is up and says it."""

import itertools
import json
import logging
import os
import socket
from dataclasses import replace

import pytest

from petcam.access import Owner, Role, StateFile, secret_key, sweep_temporaries
from petcam.access.state_file import READ_FLAGS
from petcam.commands import doctor
from petcam.commands.web import build
from petcam.config import Auth, Config, Recording
from petcam.errors import Code, PetcamError
from petcam.system.assets import assets_folder
from petcam.web.login.sessions import Sessions
from petcam.words import Words
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD, VIEWERS

ENGLISH = {"Accept-Language": "en"}
FILES = ("owner.json", "viewer.json", "sessions.json", "viewing_tokens.json", "session.key", "token.key")


def make_directory(path):
    path.unlink()
    path.mkdir()
    (path / "something").touch()


def make_fifo(path):
    path.unlink()
    os.mkfifo(path)


def make_socket(path):
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))


def make_link(path):
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def make_link_to_nothing(path):
    path.unlink()
    path.symlink_to(path.parent / "nothing")


def make_link_loop(path):
    path.unlink()
    path.symlink_to(path)


def make_endless(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:20])


def flip(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"version"', b'"versjon"') if b"version" in data else b"")


def nest(path):
    path.write_bytes(b"[" * 50_000 if path.suffix == ".json" else b"k")


def fill(path):
    path.write_bytes(b" " * (1 << 20))


DAMAGES = (
    *[make_directory, make_fifo, make_socket, make_link, make_link_to_nothing, make_link_loop, make_endless],
    *[empty, cut, flip, nest, fill],
)


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A folder with every file in it, of a camera with two passwords, a session and a token."""
    folder = tmp_path / "state"
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    monkeypatch.chdir(tmp_path)
    services = build(Config())
    owner, generation = services.owner.set_password(PASSWORD), services.owner.generation
    services.owner.set_viewer_password(VIEWERS)
    services.viewing_tokens.add("card")
    services.sessions.begin(Role.OWNER, owner)
    services.sessions.begin(Role.VIEWER, generation(Role.VIEWER))
    services.sessions.save()
    services.streamer.close()
    assert {path.name for path in folder.iterdir()} == set(FILES)
    return folder


@pytest.fixture
def start(connection, streamer, recordings):
    """Starts the service; returns its client and what it consists of."""

    def start():
        built = build(Config(auth=Auth(), recording=Recording(directory=str(recordings))))
        built.streamer.close()
        if not built.owner.is_set():
            built.first_hour.begin()
        services = replace(built, streamer=streamer)
        client = make_client(services, connection)
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client, services

    return start


def log_in(client, password):
    return client.post("/login", data={"password": password}).status_code


def said_by_the_page(client):
    answer = client.get("/login", follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def words(key):
    return Words(assets_folder() / "words").text("en", key)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_lets_nobody_in_by_it_and_is_said_everywhere(state, start, caplog, name, damage):
    caplog.set_level(logging.ERROR)
    token = "petcam_" + "x" * 43
    before = {each: secret_key(each, state).secret for each in ("session.key", "token.key")}
    damage(state / name)
    client, services = start()
    key = "trouble." + {"sessions.json": "sessions"}.get(name, name.partition(".json")[0].replace(".", "_"))
    if name != "token.key":  # that one opens nothing of the page
        assert words(key) in said_by_the_page(client)
    findings = [each.words for each in doctor.check_state(state) if each.sign is doctor.Sign.BROKEN]
    assert [text for text in findings if str(state / name) in text and ": " in text]
    lines = [record.getMessage() for record in caplog.records if str(state / name) in record.getMessage()]
    assert lines and not any(record.exc_info for record in caplog.records)
    assert client.get("/api/recordings").status_code == 401
    assert log_in(client, PASSWORD) == (401 if name == "owner.json" else 303)
    if name == "viewer.json":
        assert log_in(client, VIEWERS) == 401
    if name in before:
        assert secret_key(name, state).secret != before[name] and secret_key(name, state).trouble
    if name == "viewing_tokens.json":
        assert not services.viewing_tokens.accepts(token)
    assert client.get("/setup").status_code == 302


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_damage_while_it_runs_closes_it_too_and_says_so_once(state, start, caplog, damage):
    client, _ = start()
    assert log_in(client, PASSWORD) == 303
    damage(state / "owner.json")
    caplog.clear()
    for _ in range(5):
        assert client.get("/api/recordings").status_code == 401
        assert words("trouble.owner") in said_by_the_page(client)
    lines = [record.getMessage() for record in caplog.records if "owner.json" in record.getMessage()]
    assert len(lines) <= 2  # of the check for the session, and of the page
    assert log_in(client, PASSWORD) == 401
    services = Owner(state)
    services.set_password("another horse")  # the remedy
    assert log_in(client, "another horse") == 303


def make_state_a_file(folder):
    os.rename(folder, folder.with_suffix(".elsewhere"))
    folder.write_text("")


def make_state_a_link_to_nothing(folder):
    os.rename(folder, folder.with_suffix(".elsewhere"))
    folder.symlink_to("nothing")


def make_state_a_link_loop(folder):
    os.rename(folder, folder.with_suffix(".elsewhere"))
    folder.symlink_to(folder)


@pytest.mark.parametrize(
    "damage", [make_state_a_file, make_state_a_link_to_nothing, make_state_a_link_loop], ids=lambda each: each.__name__
)
def test_a_folder_of_the_wrong_type_closes_everything_and_is_said(state, start, damage, monkeypatch):
    damage(state)
    client, _ = start()
    assert log_in(client, PASSWORD) == 401
    assert client.get("/api/recordings").status_code == 401
    assert client.post("/setup", data={"password": PASSWORD, "again": PASSWORD}).status_code == 403
    page = said_by_the_page(client)
    assert words("trouble.owner") in page or words("trouble.first_visit") in page
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    assert next(doctor.check_folders(Config())).sign is doctor.Sign.BROKEN


def test_what_a_pipe_gives_is_no_password(tmp_path):
    owner = Owner(tmp_path)
    owner.set_password(PASSWORD)
    data = (tmp_path / "owner.json").read_bytes()
    make_fifo(tmp_path / "owner.json")
    writer = os.open(tmp_path / "owner.json", os.O_RDWR)
    os.write(writer, data)
    assert owner.verify(PASSWORD) is None
    os.close(writer)


@pytest.mark.parametrize("data", [b"k" * 31, b""])
def test_a_credential_that_is_too_short_is_not_replaced_by_another_key(tmp_path, monkeypatch, data):
    credentials, folder = tmp_path / "credentials", tmp_path / "state"
    credentials.mkdir()
    (credentials / "session.key").write_bytes(data)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    keys = [secret_key("session.key", folder) for _ in range(2)]
    assert keys[0].secret != keys[1].secret and "restart petcam.target" in keys[0].trouble.message
    assert not folder.exists()


def test_cut_at_each_length_and_with_each_bit_flipped_a_password_file_lets_nobody_else_in(tmp_path):
    owner = Owner(tmp_path)
    owner.set_password(PASSWORD)
    file = tmp_path / "owner.json"
    data = file.read_bytes()
    changed = [data[:length] for length in range(len(data))]
    changed += [
        data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
        for at, bit in itertools.product(range(len(data)), range(8))
    ]
    for text in changed:
        file.write_bytes(text)
        with pytest.raises(PetcamError, match="nobody can log in"):
            owner.generation()
        assert owner.is_set()


def test_a_password_file_of_an_older_petcam_is_still_good(tmp_path):
    owner = Owner(tmp_path)
    owner.set_password(PASSWORD)
    document = json.loads((tmp_path / "owner.json").read_text())
    old = {name: document[name] for name in ("salt", "hash", "generation")}
    (tmp_path / "owner.json").write_text(json.dumps(old))
    assert owner.verify(PASSWORD) is Role.OWNER
    (tmp_path / "owner.json").write_text(json.dumps({**old, "more": ""}))
    assert owner.verify(PASSWORD) is None


def test_a_moment_without_descriptors_ends_nothing(state, start, monkeypatch):
    client, services = start()
    token = services.viewing_tokens.add("tablet")
    assert log_in(client, PASSWORD) == 303
    real = os.open

    def without_descriptors(path, flags, *more, **named):
        if flags == READ_FLAGS:
            raise OSError(24, "Too many open files")
        return real(path, flags, *more, **named)

    with monkeypatch.context() as moment:
        moment.setattr("os.open", without_descriptors)
        assert client.get("/api/recordings").status_code == 401
        assert services.sessions.take_ended() == []
        (state / "viewing_tokens.json").touch()
        assert not services.viewing_tokens.accepts(token)
    assert client.get("/api/recordings").status_code == 200
    assert services.viewing_tokens.accepts(token)


def test_what_a_killed_writer_left_is_swept_at_the_start_and_nothing_else(state, start):
    left = [".owner.json.0123456789abcdef", ".session.key.0123456789abcdef", ".viewing_tokens.json.00000000ffffffff"]
    kept = [".owner.json.bak", ".mine", "owner.json.0123456789abcdef"]
    for name in left + kept:
        (state / name).write_text("x")
    start()
    names = {path.name for path in state.iterdir()}
    assert not names & set(left) and names >= set(kept) | set(FILES)


def test_the_file_that_is_being_written_is_not_swept(state, monkeypatch):
    real, seen = os.replace, []

    def replace_after_sweep(source, target):
        sweep_temporaries(state)
        seen.append(os.path.exists(source))
        return real(source, target)

    monkeypatch.setattr("os.replace", replace_after_sweep)
    Owner(state).set_password("another horse")
    assert seen == [True] and Owner(state).verify("another horse") is Role.OWNER


def test_nothing_is_waited_for_with_the_lock_of_the_hashes(tmp_path, monkeypatch):
    owner = Owner(tmp_path)
    monkeypatch.setattr("os.fsync", lambda fd: owner.verify(PASSWORD))  # would wait for itself
    owner.set_password(PASSWORD)
    assert owner.verify(PASSWORD) is Role.OWNER


def test_a_login_by_a_password_that_changes_meanwhile_begins_no_session_of_the_new_one(tmp_path, monkeypatch):
    owner = Owner(tmp_path)
    owner.set_password(PASSWORD)
    real = owner.verify

    def verify_then_change(password):
        role = real(password)
        Owner(tmp_path).set_password("another horse")
        return role

    monkeypatch.setattr(owner, "verify", verify_then_change)
    role, generation = owner.log_in(PASSWORD)
    sessions = Sessions(tmp_path, owner.generation, "boot-1")
    assert sessions.find(sessions.begin(role, generation)) is None


def test_the_directory_in_the_place_of_a_file_is_set_aside(tmp_path):
    (tmp_path / "owner.json" / "mine").mkdir(parents=True)
    Owner(tmp_path).set_password(PASSWORD)
    assert Owner(tmp_path).verify(PASSWORD) is Role.OWNER
    assert (tmp_path / "owner.json.damaged" / "mine").is_dir()


def test_a_fault_after_the_rename_is_said_as_one_that_may_undo_it(tmp_path, monkeypatch):
    syncs = []

    def fail_second(fd):
        syncs.append(fd)
        if len(syncs) == 2:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail_second)
    with pytest.raises(PetcamError, match="a power cut may undo it") as caught:
        Owner(tmp_path).set_password(PASSWORD)
    assert caught.value.code is Code.STATE_NOT_SYNCED
    assert Owner(tmp_path).verify(PASSWORD) is Role.OWNER


def test_a_viewing_password_that_the_disk_keeps_is_withdrawn_at_once(tmp_path, monkeypatch):
    owner = Owner(tmp_path)
    owner.set_password(PASSWORD)
    owner.set_viewer_password(VIEWERS)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "read-only")))
    with pytest.raises(PetcamError, match="nothing was changed"):
        owner.remove_viewer_password()
    assert owner.verify(VIEWERS) is None and not owner.has_viewer()


@pytest.fixture
def faulty(services_with_login, connection, monkeypatch):
    """An owner who is logged in, English, and a disk that takes nothing any more."""
    services_with_login.owner.set_viewer_password(VIEWERS)
    client = make_client(services_with_login, connection)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert log_in(client, PASSWORD) == 303

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("petcam.access.state_file.StateFile._write_temporary", refuse)
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    return client


NEW = {"current": PASSWORD, "password": "a new horse", "again": "a new horse"}


@pytest.mark.parametrize(
    ("path", "data", "key", "stays_in"),
    [
        ("/logout", {}, "trouble.logout", False),
        ("/account/logout-everywhere", {}, "trouble.logout", False),
        ("/account/viewer/remove", {}, "trouble.removed", True),
        ("/account/viewer", NEW, "trouble.not_written", True),
        ("/account/password", NEW, "trouble.not_written", True),
    ],
)
def test_what_the_disk_does_not_keep_is_not_answered_as_done(faulty, services_with_login, path, data, key, stays_in):
    answer = faulty.post(path, data=data)
    assert answer.status_code == 507
    assert words(key) in answer.get_data(as_text=True) and "sudo petcam doctor" in answer.get_data(as_text=True)
    assert faulty.get("/api/recordings").status_code == (200 if stays_in else 401)
    assert services_with_login.owner.verify(PASSWORD) is Role.OWNER


def test_a_first_password_that_the_disk_does_not_keep_is_not_answered_as_done(services, connection, monkeypatch):
    services.first_hour.begin()
    client = make_client(replace(services, config=replace(services.config, auth=Auth())), connection)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with monkeypatch.context() as full:
        full.setattr(StateFile, "_write_temporary", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        answer = client.post("/setup", data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 507 and words("trouble.not_written") in answer.get_data(as_text=True)
    assert not services.owner.is_set() and log_in(client, PASSWORD) == 401
    assert client.post("/setup", data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
