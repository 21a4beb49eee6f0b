"""The mark by which petcam knows the state that was set up: empty is not taken for new."""

import json
from dataclasses import replace

import pytest

from petcam import cli
from petcam.access import FirstHour, Owner, Role, place, place_of
from petcam.access.place import KIND, Place
from petcam.commands import doctor, web
from petcam.config import Auth, Config
from petcam.errors import Code, PetcamError
from tests.unit.web.conftest import make_client
from tests.unit.web.fakes import PASSWORD

MARK = "0123456789abcdef" * 2
JAPANESE = {"Accept-Language": "ja"}


@pytest.fixture
def state(tmp_path):
    """The state directory of a board that was set up, with its half of the mark."""
    folder = tmp_path / "state"
    Owner(folder).set_password(PASSWORD)
    (folder / KIND.name).write_text(f"{MARK}\n")
    return folder


@pytest.fixture(autouse=True)
def on_disk(monkeypatch):
    """Whatever the tests' own directory is on."""
    monkeypatch.setattr(place, "is_volatile", lambda folder: False)


@pytest.fixture
def in_memory(on_disk, monkeypatch):
    """Makes every directory one that a restart empties."""
    monkeypatch.setattr(place, "is_volatile", lambda folder: True)


def lose_the_disk(state):
    """What is below the mount point: nothing."""
    state.rename(state.with_name("disk"))
    state.mkdir()


def bring_the_disk(state):
    state.rmdir()
    state.with_name("disk").rename(state)


def board(services, state, connection):
    """A browser of somebody who has not logged in, at petcam-web as it starts with what ``state`` has now."""
    first_hour = FirstHour(state, "boot-1")
    owner = Owner(state, first_hour, Place(state, MARK))
    if owner.may_be_new():
        first_hour.begin()
    config = replace(services.config, auth=Auth(mode="password"))
    client = make_client(replace(services, config=config, first_hour=first_hour, owner=owner), connection)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def try_to_set_up(client):
    return client.post("/setup", data={"password": "a stranger's", "again": "a stranger's"})


MISPLACED = {
    "not mounted": lose_the_disk,
    "another disk": lambda state: (state / KIND.name).write_text("f" * 32),
    "emptied": lambda state: [file.unlink() for file in state.iterdir()],
    "a damaged mark": lambda state: (state / KIND.name).write_bytes(b""),
    "a link for a mark": lambda state: ((state / KIND.name).unlink(), (state / KIND.name).symlink_to("owner.json")),
}


@pytest.mark.parametrize("misplace", MISPLACED.values(), ids=MISPLACED)
def test_nobody_gets_in_where_the_state_is_not_the_one_that_was_set_up(state, services, connection, misplace):
    misplace(state)
    left = sorted(file.name for file in state.iterdir())
    client = board(services, state, connection)
    answer = try_to_set_up(client)
    assert answer.status_code == 403 and "not where they were set up" in answer.text
    assert client.get("/setup").headers["Location"].startswith("/login")
    page = client.get("/login")
    assert "not where they were set up" in page.text and "<form" not in page.text
    assert "sudo petcam doctor" in page.text
    assert "誰もログインできません" in client.get("/login", headers=JAPANESE).text
    assert client.post("/login", data={"password": PASSWORD}).status_code == 401
    assert sorted(file.name for file in state.iterdir()) == left  # nothing is written to what is another disk's
    (fault,) = client.get("/healthz").json["faults"]
    assert fault.endswith(place.REMEDY)


def test_those_who_were_logged_in_are_let_out_when_the_disk_goes_while_it_runs(state, services, connection):
    client = board(services, state, connection)
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303
    assert client.get("/").status_code == 200
    lose_the_disk(state)
    assert client.get("/").headers["Location"].startswith("/login")
    assert try_to_set_up(client).status_code == 403


def test_a_new_board_with_its_mark_has_a_first_visit(tmp_path, services, connection):
    state = tmp_path / "new"
    state.mkdir()
    (state / KIND.name).write_text(MARK)
    assert try_to_set_up(board(services, state, connection)).status_code == 303


def test_no_first_password_is_set_where_the_next_restart_would_forget_it(tmp_path, services, connection, in_memory):
    state = tmp_path / "new"
    state.mkdir()
    (state / KIND.name).write_text(MARK)
    client = board(services, state, connection)
    answer = try_to_set_up(client)
    assert answer.status_code == 403 and "forgets all changes" in answer.text
    page = client.get("/login").text
    assert "forgets all changes" in page and "sudo petcam password" in page and "<form" not in page
    assert "overlayroot など" in client.get("/login", headers=JAPANESE).text


def test_a_password_that_was_set_before_works_in_memory_as_ever(state, services, connection, in_memory):
    client = board(services, state, connection)
    assert "<form" in client.get("/login").text
    assert client.post("/login", data={"password": PASSWORD}).status_code == 303


def test_what_was_missing_at_the_start_is_only_taken_after_a_restart(state):
    """The sessions in it are read at the start: writing fewer would end the others."""
    lose_the_disk(state)
    found = Place(state, MARK)
    assert found.trouble() is not None and not found.has_changed()
    bring_the_disk(state)
    assert found.has_changed() and found.trouble() is not None
    assert Place(state, MARK).trouble() is None


def test_a_disk_that_goes_is_a_change_and_one_that_cannot_be_read_for_a_moment_is_none(state, monkeypatch):
    found = Place(state, MARK)
    assert not found.has_changed()
    with monkeypatch.context() as patch:
        patch.setattr("petcam.access.state_file._read_regular", _out_of_descriptors)
        assert found.trouble() is not None and not found.has_changed()
    assert found.trouble() is None
    lose_the_disk(state)
    assert found.has_changed()


def _out_of_descriptors(path, most):
    raise OSError(24, "Too many open files")


class Notes:
    """Of what systemd is told; a service that is asked to end after a few beats."""

    interval = 10.0

    def __init__(self):
        self.said, self.pauses = [], []

    def ready(self, status):
        self.said.append(status)

    def beat(self, status):
        self.said.append(status)
        return []

    def wait(self, timeout):
        self.pauses.append(timeout)
        return None if len(self.pauses) < 3 else "SIGTERM"


def test_petcam_web_tells_systemd_and_ends_when_the_disk_has_come(state, services, caplog):
    lose_the_disk(state)
    services = replace(services, owner=Owner(state, None, Place(state, MARK)))
    notes = Notes()
    web.serve(services, notes, notes)
    assert len(notes.said) == 3 and all(place.REMEDY in said for said in notes.said)
    assert max(notes.pauses) <= web.LOOK_SECONDS
    bring_the_disk(state)
    again = Notes()
    web.serve(services, again, again)
    assert len(again.pauses) == 1
    assert caplog.text.count(place.REMEDY) == 2


@pytest.mark.parametrize("words", [["password"], ["password", "--viewer"], ["token", "add", "player"]])
def test_commands_change_nothing_on_another_disk(state, monkeypatch, capsys, words):
    credentials = state.with_name("credentials")
    credentials.mkdir()
    (credentials / place.CREDENTIAL).write_text(f"{MARK}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    lose_the_disk(state)
    assert cli.main(words) == 1
    assert place.NEW_ON_PURPOSE in capsys.readouterr().err
    assert not list(state.iterdir())


def test_the_doctor_names_the_remedy(state, monkeypatch):
    monkeypatch.setattr(doctor, "place_of", lambda directory: Place(directory, MARK))
    lose_the_disk(state)
    (found,) = doctor.check_state(state)
    assert found.sign is doctor.Sign.BROKEN and found.words.endswith(place.NEW_ON_PURPOSE)
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    found = doctor.check_password(Config(auth=Auth(mode="password")))
    assert found.sign is doctor.Sign.BROKEN and found.words.endswith(place.NEW_ON_PURPOSE)


def test_the_doctor_says_what_a_restart_forgets(state, monkeypatch, in_memory):
    monkeypatch.setattr(doctor, "place_of", lambda directory: Place(directory, MARK))
    found = [each for each in doctor.check_state(state) if each.sign is doctor.Sign.LOOK]
    assert len(found) == 1 and "overlayroot" in found[0].words


def test_without_the_package_there_is_no_rule(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert place_of(tmp_path).trouble() is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert place_of(tmp_path).trouble() is None
    (tmp_path / place.CREDENTIAL).write_text(place.NOT_YET)
    assert place_of(tmp_path).trouble() is None and place_of(tmp_path).volatile_trouble() is None
    (tmp_path / place.CREDENTIAL).write_text("")
    assert place_of(tmp_path).trouble() is not None


def test_a_command_takes_the_half_that_systemd_hands_out(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(place, "SECRETS_DIRECTORY", tmp_path)
    monkeypatch.setattr(place, "DEFAULT_DIRECTORY", tmp_path / "state")
    (tmp_path / place.CREDENTIAL).write_text(f"{MARK}\n")
    with pytest.raises(PetcamError, match="has no mark") as raised:
        place_of(tmp_path / "state").require()
    assert raised.value.code is Code.STATE_DAMAGED
    place_of(tmp_path / "another").require()


def test_the_right_password_is_wrong_on_another_disk(state):
    owner = Owner(state, None, Place(state, MARK))
    assert owner.log_in(PASSWORD)[0] is Role.OWNER
    (state / KIND.name).write_text("f" * 32)
    assert owner.log_in(PASSWORD) is None
    assert json.loads((state / "owner.json").read_text())["salt"]
