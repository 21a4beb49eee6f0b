"""Empty is not taken for new: the state's disk is missing, comes, goes, or is new on purpose; a state in memory."""

import re

from tests.package.appliance import PAGE_URL, PASSWORD, STREAMER, WEB, log_in, reboot
from tests.package.machine import Machine, eventually

STATE, DISK = "/var/lib/petcam", "/srv/state"  # the disk is a folder that is mounted there
ENGLISH, JAPANESE = ("-H", "Accept-Language: en"), ("-H", "Accept-Language: ja")
STRANGERS = ("-d", "password=a+strangers&again=a+strangers")


def try_to_set_up(machine: Machine) -> tuple[int, str]:
    return machine.curl(f"{PAGE_URL}/setup", *ENGLISH, *STRANGERS)


def sees_the_camera(machine: Machine, session: tuple[str, ...]) -> bool:
    return machine.curl(f"{PAGE_URL}/", *session)[0] == 200


def move_the_state_to_a_disk(machine: Machine) -> None:
    """It is in fstab, and not mounted when the machine boots."""
    machine.run("systemctl", "stop", "petcam.target", WEB, STREAMER)  # waits for the services only if they are named
    machine.run("mv", STATE, DISK)
    machine.run("systemd-tmpfiles", "--create", "--boot", "petcam-streamer.conf")
    (machine.root / "etc/fstab").write_text(f"{DISK} {STATE} none bind,noauto,nofail 0 0\n")


def begin_anew_as_the_doctor_says(machine: Machine) -> None:
    said = machine.run("petcam", "doctor", check=False)
    command = re.search(r"or begin anew: (.+)$", said, re.MULTILINE)
    assert command, said
    machine.run("sh", "-ec", f'sudo() {{ "$@"; }}\n{command[1]}')  # these Debians have no sudo, and need none


def test_a_state_disk_that_is_missing_lets_nobody_in_until_it_comes_or_is_new_on_purpose(machine: Machine) -> None:
    session = log_in(machine)
    move_the_state_to_a_disk(machine)
    reboot(machine, WEB, STREAMER)

    # Missing: it is said everywhere, and nobody gets in.
    status, page = try_to_set_up(machine)
    assert status == 403 and "not where they were set up" in page, page
    for language, words in ((ENGLISH, "Nobody can log in until it is back"), (JAPANESE, "誰もログインできません")):
        status, page = machine.curl(f"{PAGE_URL}/login", *language)
        assert status == 200 and words in page and "<form" not in page, page
    assert machine.curl(f"{PAGE_URL}/login", "-d", f"password={PASSWORD}")[0] == 401
    assert not sees_the_camera(machine, session)
    words = f"{STATE} is not where petcam was set up"
    said = machine.run("petcam", "doctor", check=False)  # of the camera, the state, and logins
    assert said.count(words) == 3 and re.search(f"camera +is off: {words}", said), said
    assert words in machine.run("petcam", "password", check=False, text="another password\n")
    assert machine.property(WEB, "StatusText").startswith(words)
    assert words in machine.in_network("curl", "-s", "http://127.0.0.1:8080/healthz").stdout
    assert words not in machine.curl(f"{PAGE_URL}/healthz")[1]
    assert machine.run("find", STATE, "-type", "f") == ""

    # It comes: everybody is logged in as before, and nobody had to do more than to mount it.
    machine.run("mount", STATE)
    eventually(lambda: sees_the_camera(machine, session))
    assert machine.property(WEB, "NRestarts") == "1"
    assert machine.curl(f"{PAGE_URL}/login", "-d", f"password={PASSWORD}")[0] == 303

    # It goes again while petcam-web runs.
    machine.run("umount", STATE)
    eventually(lambda: machine.property(WEB, "StatusText").startswith(words))
    assert not sees_the_camera(machine, session) and try_to_set_up(machine)[0] == 403

    # It is not to come back: the remedy, as it is printed.
    begin_anew_as_the_doctor_says(machine)
    eventually(lambda: machine.curl(f"{PAGE_URL}/setup")[0] == 200)
    assert not sees_the_camera(machine, session)
    assert sees_the_camera(machine, log_in(machine))


def test_no_stranger_sets_a_password_that_the_next_restart_forgets(machine: Machine) -> None:
    """As overlayroot makes it, here for the state's folder alone."""
    upper = "/media/root-rw"
    machine.run("mkdir", upper)
    machine.run("mount", "-t", "tmpfs", "tmpfs", upper)
    machine.run("mkdir", f"{upper}/overlay", f"{upper}/work")
    machine.run("chown", "--reference", STATE, f"{upper}/overlay")
    layers = f"lowerdir={STATE},upperdir={upper}/overlay,workdir={upper}/work"
    machine.run("mount", "-t", "overlay", "-o", layers, "overlayroot", STATE)
    machine.run("systemctl", "restart", "petcam.target")
    eventually(lambda: machine.curl(f"{PAGE_URL}/healthz")[0] == 200)
    status, page = try_to_set_up(machine)
    assert status == 403 and "forgets all changes" in page, page
    assert f"{STATE} is in memory" in machine.run("petcam", "doctor", check=False)
    assert sees_the_camera(machine, log_in(machine))  # root may

    # Where the folder is memory alone, there is no mark.
    machine.run("mount", "-t", "tmpfs", "tmpfs", STATE)
    eventually(lambda: "is not where petcam was set up" in machine.property(WEB, "StatusText"))
    assert try_to_set_up(machine)[0] == 403
