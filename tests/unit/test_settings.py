"""The settings as in docs/state.md, "Settings"."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from petcam.access import Place
from petcam.access.chosen_file import LOOK_SECONDS
from petcam.access.state_file import sealed
from petcam.errors import Code, PetcamError
from petcam.settings import DEFAULTS, Notify, OffTime, Quiet, Settings, SettingsFile, as_document
from petcam.settings.settings_file import MAX_FILE_BYTES

TOP = Path(__file__).parents[2]
EVERYTHING = {
    "notify": {
        "visits": False,
        "sound": True,
        "trouble": False,
        "classes": ["cat"],
        "places": ["ソファ", "bowl"],
        "quiet": {"from": "22:00", "to": "07:00"},
        "cooldown_minutes": 30,
        "away_only": True,
    },
    "mute_until": "2026-11-28T01:00:00Z",
    "home": False,
    "recording_mode": "visits",
    "schedule": [{"days": [0, 4], "from": "09:00", "to": "17:00"}],
    "language": "ja",
}
AS_SETTINGS = Settings(
    Notify(False, True, False, ("cat",), ("ソファ", "bowl"), Quiet("22:00", "07:00"), 30, True),
    "2026-11-28T01:00:00Z",
    False,
    "visits",
    (OffTime((0, 4), "09:00", "17:00"),),
    "ja",
)


@pytest.fixture
def file(tmp_path):
    return SettingsFile(tmp_path)


def test_they_are_the_defaults_until_somebody_sets_one(file):
    assert file.read() == file.current() == DEFAULTS == Settings() and file.trouble() is None


def test_all_can_be_set_at_once_and_others_read_the_same(file, tmp_path):
    assert file.change(EVERYTHING) == AS_SETTINGS == file.read() == SettingsFile(tmp_path).current()
    assert as_document(AS_SETTINGS) == EVERYTHING
    assert file.change(as_document(DEFAULTS)) == DEFAULTS


def test_the_document_has_an_example_of_the_file():
    text = (TOP / "docs" / "state.md").read_text()
    example = json.loads(text.split("## Settings")[1].split("```json")[1].split("```")[0])
    assert set(example) == {"version", "sha256", *EVERYTHING}
    assert set(example["notify"]) == set(EVERYTHING["notify"])


def test_a_change_leaves_what_it_does_not_name(file):
    file.change(EVERYTHING)
    file.change({"home": True})
    file.change({"notify": {"sound": False}})
    wanted = {**EVERYTHING, "home": True, "notify": {**EVERYTHING["notify"], "sound": False}}
    assert as_document(file.read()) == wanted
    assert as_document(file.change({})) == wanted


@pytest.mark.parametrize(
    ("patch", "key"),
    [
        ([], "object"),
        (None, "object"),
        ({"mute": True}, '"mute" is unknown'),
        ({"version": 1}, '"version" is unknown'),
        ({"notify": None}, '"notify"'),
        ({"notify": {"loud\n": True}}, r"notify.loud\\n"),
        ({"notify": {"visits": 1}}, '"notify.visits"'),
        ({"notify": {"classes": "cat"}}, '"notify.classes"'),
        ({"notify": {"classes": ["cat", "cat"]}}, '"notify.classes"'),
        ({"notify": {"classes": [""]}}, '"notify.classes"'),
        ({"notify": {"classes": [["cat"]]}}, '"notify.classes"'),
        ({"notify": {"places": ["x" * 65]}}, '"notify.places"'),
        ({"notify": {"places": ["a\nb"]}}, '"notify.places"'),
        ({"notify": {"places": ["\ud800"]}}, '"notify.places"'),
        ({"notify": {"places": [str(n) for n in range(33)]}}, '"notify.places"'),
        ({"notify": {"quiet": {"from": "22:00"}}}, '"notify.quiet.to" is missing'),
        ({"notify": {"quiet": {"from": "24:00", "to": "07:00"}}}, '"notify.quiet.from"'),
        ({"notify": {"quiet": {"from": "7:00", "to": "07:00"}}}, '"notify.quiet.from"'),
        ({"notify": {"quiet": {"from": "٠٧:00", "to": "07:00"}}}, '"notify.quiet.from"'),
        ({"notify": {"quiet": True}}, '"notify.quiet"'),
        ({"notify": {"cooldown_minutes": True}}, '"notify.cooldown_minutes"'),
        ({"notify": {"cooldown_minutes": -1}}, '"notify.cooldown_minutes"'),
        ({"notify": {"cooldown_minutes": 1441}}, '"notify.cooldown_minutes"'),
        ({"notify": {"cooldown_minutes": 5.0}}, '"notify.cooldown_minutes"'),
        ({"mute_until": "2026-13-28T01:00:00Z"}, '"mute_until"'),
        ({"mute_until": "2026-11-28T01:00:00Z\n"}, '"mute_until"'),
        ({"mute_until": 0}, '"mute_until"'),
        ({"home": None}, '"home"'),
        ({"recording_mode": "never"}, '"recording_mode"'),
        ({"recording_mode": ["visits"]}, '"recording_mode"'),
        ({"schedule": {}}, '"schedule"'),
        ({"schedule": [{}]}, r'"schedule\[0\].days" is missing'),
        ({"schedule": [{"days": [], "from": "09:00", "to": "17:00"}]}, r'"schedule\[0\].days"'),
        ({"schedule": [{"days": [7], "from": "09:00", "to": "17:00"}]}, r'"schedule\[0\].days"'),
        ({"schedule": [{"days": [True], "from": "09:00", "to": "17:00"}]}, r'"schedule\[0\].days"'),
        ({"schedule": [{"days": [1, 1], "from": "09:00", "to": "17:00"}]}, r'"schedule\[0\].days"'),
        ({"schedule": [{"days": [1], "from": "09:00", "to": "17:00", "x": 1}]}, r'"schedule\[0\].x" is unknown'),
        ({"schedule": [{"days": [1], "from": "09:00", "to": "17:00"}] * 22}, '"schedule"'),
        ({"language": "../ja"}, '"language"'),
        ({"language": 1}, '"language"'),
    ],
)
def test_what_is_not_right_is_refused_by_its_key_and_nothing_changes(file, patch, key):
    file.change(EVERYTHING)
    before = file.path.read_bytes()
    with pytest.raises(PetcamError, match=key) as refused:
        file.change(patch)
    assert refused.value.code is Code.BAD_REQUEST and refused.value.message.isprintable()
    assert file.path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        json.dumps(EVERYTHING).encode(),  # without version and seal
        sealed(EVERYTHING).replace(b"cat", b"dog"),
        sealed({**EVERYTHING, "version": 2}),
        sealed({**EVERYTHING, "more": 1}),
        sealed({**EVERYTHING, "home": 1}),
        sealed({"home": True}),
        sealed(EVERYTHING) + b" " * MAX_FILE_BYTES,
        b"\xff",
        b"[" * 5000,
    ],
)
def test_a_damaged_file_gives_the_defaults_and_is_said_once(file, content, caplog):
    file.change(EVERYTHING)
    file.path.write_bytes(content)
    assert [file.read() for _ in range(3)] == [DEFAULTS] * 3
    assert file.trouble().code is Code.STATE_DAMAGED
    assert len(caplog.messages) == 1 and str(file.path) in caplog.messages[0]
    assert as_document(file.change({"home": False})) == {**as_document(DEFAULTS), "home": False}
    assert file.read().home is False and file.trouble() is None


def test_what_is_no_regular_file_gives_the_defaults_and_a_change_puts_one_there(file, tmp_path):
    file.path.mkdir()
    assert file.read() == DEFAULTS and file.change({"home": False}) == file.read()
    file.path.unlink()
    file.path.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(sealed(EVERYTHING))
    assert file.read() == DEFAULTS


def test_what_cannot_be_read_for_a_moment_stays_as_it_was_and_is_not_overwritten(file, monkeypatch):
    file.change(EVERYTHING)
    assert file.read() == AS_SETTINGS
    before = file.path.read_bytes()

    def fails(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("petcam.access.state_file._read_regular", fails)
    assert file.read() == AS_SETTINGS
    with pytest.raises(PetcamError) as refused:
        file.change({"home": True})
    assert refused.value.code is Code.STATE_DAMAGED and file.path.read_bytes() == before


def test_nothing_is_set_where_the_directory_is_not_the_one_that_was_set_up(tmp_path):
    file = SettingsFile(tmp_path, Place(tmp_path, "0" * 32))
    with pytest.raises(PetcamError):
        file.change({"home": False})
    assert not file.path.exists() and file.read() == DEFAULTS


def test_a_change_by_another_process_is_seen_within_a_second(file, tmp_path):
    now = [0.0]
    reader = SettingsFile(tmp_path, clock=lambda: now[0])
    assert reader.current() == DEFAULTS
    file.change({"home": False})
    now[0] = LOOK_SECONDS - 0.01
    assert reader.current() == DEFAULTS
    now[0] = LOOK_SECONDS
    assert reader.current().home is False


def test_who_changed_it_sees_it_at_once(file):
    assert file.current().home
    file.change({"home": False})
    assert not file.current().home


def test_changes_at_the_same_time_are_all_kept(file):
    patches = [{"home": False}, {"language": "en"}, {"notify": {"sound": True}}, {"notify": {"visits": False}}]
    threads = [threading.Thread(target=file.change, args=(patch,)) for patch in patches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = file.read()
    assert (found.home, found.language, found.notify.sound, found.notify.visits) == (False, "en", True, False)


def test_the_group_may_read_it_and_nobody_else(file):
    before = os.umask(0o077)
    try:
        file.change({})
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o640


def test_the_largest_settings_can_be_kept(file):
    names = ["\U0001f408" * 60 + f"{n:04}" for n in range(32)]
    rows = [{"days": list(range(7)), "from": "09:00", "to": "17:00"}] * 21
    file.change({"notify": {"classes": names, "places": names}, "schedule": rows})
    assert file.read().notify.places == tuple(names)
