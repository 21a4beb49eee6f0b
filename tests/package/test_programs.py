"""Other programs watch with tokens of the installed ``petcam token``; the sandboxed streamer reads the token file."""

from tests.package.appliance import PAGE_URL, STREAMER, health, log_in, start_feed
from tests.package.machine import LAN_ADDRESS, Machine, eventually
from tests.package.package import TOP

WHEP_URL = f"http://{LAN_ADDRESS}:8081/whep"
TOKENS_FILE = "/var/lib/petcam/viewing_tokens.json"
OFFER = ("-X", "POST", "-H", "Content-Type: application/sdp", "-d", "v=0")


def test_a_program_can_watch_with_a_token_until_it_is_revoked(machine: Machine) -> None:
    log_in(machine)
    start_feed(machine)
    token = machine.run("sh", "-c", "petcam token add 'media server' 2>/dev/null").strip()
    bearer = ("-H", f"Authorization: Bearer {token}")
    assert machine.run("stat", "-c", "%U:%G %a", TOKENS_FILE) == "petcam-web:petcam 640\n"
    # 503 while the picture is late; 501: without PyAV.
    eventually(lambda: machine.curl(f"{PAGE_URL}/snapshot.jpg", "-o", "/dev/null", *bearer)[0] in (200, 501))
    viewers = (str(TOP / "build/viewers"), "-whep", "-url", WHEP_URL, "-token", token)
    with machine.background_in_network(*viewers, "-for", "60s"):
        eventually(lambda: health(machine)["webrtc_clients"] == 1)
        assert "is revoked" in machine.run("petcam", "token", "revoke", "media server")
        eventually(lambda: health(machine)["webrtc_clients"] == 0, timeout=10)
    assert machine.curl(WHEP_URL, *OFFER, *bearer)[0] == 401
    assert machine.curl(f"{PAGE_URL}/snapshot.jpg", *bearer)[0] == 401
    assert token not in machine.run("journalctl", "--no-pager", "-u", STREAMER)
