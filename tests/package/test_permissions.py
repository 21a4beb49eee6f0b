"""Who may read what, as the services' own users and as anybody else on the board."""

from tests.package.appliance import CONFIG, DATABASE, WEB, log_in, record, start_feed
from tests.package.machine import Machine, eventually

CANARY = "/etc/passwd"  # everybody can read it
PLACES = (
    CANARY,
    *("/etc/petcam", "/var/lib/petcam", "/var/lib/petcam-events", "/var/lib/petcam-streamer"),
    *("/dev/shm", "/run/credentials", "/run/petcam-events", "/run/petcam-web"),
)
CERTIFICATE = "/var/lib/petcam-streamer/tls.pem"


def test_nobody_else_reads_anything_and_the_page_no_key_of_the_streamers(machine: Machine) -> None:
    fill_every_place(machine)
    assert readable_by(machine, "nobody", "nogroup") == {CANARY}
    inside = ("nsenter", "-t", machine.property(WEB, "MainPID"), "-m")
    found = readable_by(machine, "petcam-web", "petcam", *inside)
    assert {"/dev/shm/petcam_stream", "/var/lib/petcam/owner.json", "/etc/petcam/petcam.yaml", DATABASE} <= found
    assert [path for path in found if path.endswith(".mp4")]
    assert not [path for path in found if path.startswith(("/var/lib/petcam-streamer", "/etc/petcam/secrets"))]
    assert not [path for path in found if path.startswith("/run/credentials/") and WEB not in path]


def fill_every_place(machine: Machine) -> None:
    """There is a key and a certificate of HTTPS, a password, a session, a viewing token, video and a recording."""
    config = machine.root / CONFIG
    config.write_text(config.read_text().replace("tls: off", "tls: auto"))
    machine.run("systemctl", "restart", "petcam.target")
    eventually(lambda: machine.run("find", CERTIFICATE, check=False).strip() == CERTIFICATE)
    session = log_in(machine)
    machine.run("petcam", "token", "add", "media server")
    start_feed(machine)
    record(machine, session)


def readable_by(machine: Machine, user: str, group: str, *inside: str) -> set[str]:
    """The files in :data:`PLACES` that the user can open; ``inside`` is a command that enters a service's view."""
    command = [*inside, "setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups", "find", *PLACES]
    lines = machine.run(*command, "-type", "f", "-readable", check=False).splitlines()
    return {line for line in lines if line.startswith("/")}
