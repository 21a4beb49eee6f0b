"""The real web service over restarts that nothing was told of, and on disks that are full, read-only or damaged."""

import subprocess
import time

import pytest
import requests

from petcam.access import StateFile, unsealed
from petcam.access.first_hour import FIRST_HOUR_SECONDS, KIND
from tests.real_services import OWNER, RealServices

ENGLISH = {"Accept-Language": "en"}
NEW = "the very first words"


@pytest.fixture
def petcam(tmp_path):
    with RealServices(tmp_path) as running:
        yield running


@pytest.fixture
def unclaimed(petcam):
    """No password is set."""
    for name in ("owner.json", "viewer.json"):
        (petcam.state / name).unlink()
    return petcam


def ask(petcam, method, path, cookie="", **fields):
    headers = {**ENGLISH, "Cookie": cookie}
    return requests.request(method, petcam.url + path, headers=headers, data=fields, allow_redirects=False, timeout=60)


def set_up(petcam, password=NEW):
    return ask(petcam, "POST", "/setup", password=password, again=password).status_code


def is_let_in(petcam, cookie):
    return ask(petcam, "GET", "/api/recordings", cookie).status_code == 200


def restart_after_kill(petcam):
    petcam.kill("web")
    petcam.start("web")


def let_pass(petcam, seconds):
    """As if the hour had begun earlier by so much."""
    file = StateFile(petcam.state, KIND)
    mark = unsealed(file.path.read_bytes())
    file.write_document({**mark, "used_s": mark["used_s"] + seconds})


def test_no_crash_restart_or_reboot_opens_the_hour_of_the_first_visit_again(unclaimed):
    unclaimed.environment = {"PETCAM_BOOT_ID": "boot-1"}
    unclaimed.start("web")
    assert ask(unclaimed, "GET", "/setup").status_code == 200
    let_pass(unclaimed, FIRST_HOUR_SECONDS)
    for boot in ("boot-1", "boot-1", "boot-2"):
        unclaimed.environment = {"PETCAM_BOOT_ID": boot}
        restart_after_kill(unclaimed)
        assert set_up(unclaimed) == 403
        assert ask(unclaimed, "GET", "/setup").headers["Location"].startswith("/login")
    assert not (unclaimed.state / "owner.json").exists()
    assert "sudo petcam password" in ask(unclaimed, "GET", "/login").text


def test_the_first_password_outlives_the_crash_behind_its_answer(unclaimed):
    unclaimed.start("web")
    restart_after_kill(unclaimed)
    assert set_up(unclaimed) == 303
    restart_after_kill(unclaimed)
    assert set_up(unclaimed, "another one's words") == 403
    unclaimed.log_in(NEW)


def test_sessions_of_a_login_outlive_a_crash_once_they_are_written_and_ended_ones_stay_ended(petcam):
    petcam.start("web")
    kept, ended = petcam.log_in(OWNER), petcam.log_in(OWNER)
    assert ask(petcam, "POST", "/logout", ended).status_code == 303
    restart_after_kill(petcam)  # the logout was durable, and the other session with it
    assert is_let_in(petcam, kept) and not is_let_in(petcam, ended)


def test_what_a_writer_left_that_was_killed_is_gone_after_the_next_start(petcam):
    left = petcam.state / ".sessions.json.0123456789abcdef"
    left.write_text("half a ")
    petcam.start("web")
    assert not left.exists()


def mount(*words):
    ran = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"cannot mount here: {ran.stderr.strip() or 'needs root'}")


@pytest.fixture
def disk(petcam):
    """The state of ``petcam`` on a disk of its own, which has room for some files."""
    petcam.state.rename(petcam.state.with_suffix(".before"))
    petcam.state.mkdir()
    mount("-t", "tmpfs", "-o", "size=256k,mode=0750", "petcam-test", str(petcam.state))
    for file in petcam.state.with_suffix(".before").iterdir():
        (petcam.state / file.name).write_bytes(file.read_bytes())
    yield petcam.state
    petcam.close()
    subprocess.run(["umount", "-l", str(petcam.state)], check=True)


def fill(disk):
    with pytest.raises(OSError, match="No space left"), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def wait_until_written(petcam, number):
    """Until so many sessions are on the disk: the keeper's thread writes them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        file = petcam.state / "sessions.json"
        if file.exists() and len(unsealed(file.read_bytes())["sessions"]) == number:
            return
        time.sleep(0.1)  # there is no event for the file of another process
    raise AssertionError("the sessions are not written")


@pytest.mark.parametrize("path", ["/logout", "/account/logout-everywhere", "/account/viewer/remove"])
def test_on_a_full_disk_what_is_answered_as_ended_stays_ended(petcam, disk, path):
    petcam.start("web")
    cookie = petcam.log_in(OWNER)
    wait_until_written(petcam, 1)
    fill(disk)
    assert ask(petcam, "POST", path, cookie).status_code == 303
    restart_after_kill(petcam)
    if path == "/account/viewer/remove":
        assert not (disk / "viewer.json").exists()
    else:
        assert not is_let_in(petcam, cookie)


@pytest.mark.parametrize("path", ["/logout", "/account/logout-everywhere", "/account/viewer/remove"])
def test_on_a_read_only_disk_the_answer_says_that_a_restart_may_undo_it(petcam, disk, path):
    petcam.start("web")
    cookie = petcam.log_in(OWNER)
    wait_until_written(petcam, 1)
    mount("-o", "remount,ro", str(disk))
    answer = ask(petcam, "POST", path, cookie)
    assert answer.status_code == 507
    assert "after a restart" in answer.text and "sudo petcam doctor" in answer.text
    if path != "/account/viewer/remove":
        assert not is_let_in(petcam, cookie)
    restart_after_kill(petcam)
    assert is_let_in(petcam, cookie)  # as it was said
    assert "Traceback" not in petcam.all_logs()


def test_a_first_password_on_a_full_disk_is_refused_in_words_and_taken_once_there_is_room(unclaimed, disk):
    unclaimed.start("web")
    fill(disk)
    answer = ask(unclaimed, "POST", "/setup", password=NEW, again=NEW)
    assert answer.status_code == 507 and "Nothing was changed" in answer.text
    (disk / "filler").unlink()
    assert set_up(unclaimed) == 303
    restart_after_kill(unclaimed)
    unclaimed.log_in(NEW)
    assert "Traceback" not in unclaimed.all_logs()


def test_a_full_disk_at_the_start_closes_the_first_visit_and_the_page_says_so(unclaimed, disk):
    fill(disk)
    unclaimed.start("web")
    assert "sudo petcam password" in ask(unclaimed, "GET", "/login").text
    assert set_up(unclaimed) == 403


def test_the_service_starts_and_lets_nobody_in_with_every_file_damaged(petcam):
    petcam.start("web")
    cookie = petcam.log_in(OWNER)
    petcam.token("add")
    petcam.stop("web")
    names = [path for path in petcam.state.iterdir() if path.is_file()]
    assert len(names) >= 6
    for path in names:
        path.write_text("[" * 5000)
    petcam.start("web")
    assert not is_let_in(petcam, cookie)
    assert ask(petcam, "POST", "/login", password=OWNER).status_code == 401
    assert set_up(petcam) == 403
    assert "sudo petcam password" in ask(petcam, "GET", "/login").text
    petcam.set_password(OWNER)  # the remedy
    assert is_let_in(petcam, petcam.log_in(OWNER))
    assert "Traceback" not in petcam.all_logs()


def test_the_service_starts_with_a_file_in_the_place_of_its_folder(petcam):
    petcam.state.rename(petcam.state.with_suffix(".before"))
    petcam.state.write_text("")
    petcam.start("web")
    assert ask(petcam, "POST", "/login", password=OWNER).status_code == 401
    assert set_up(petcam) == 403
    assert "Traceback" not in petcam.all_logs()
