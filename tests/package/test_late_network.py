"""A board that starts without any network, and to which one comes later that has no IPv4."""

import json

from tests.package.appliance import CONFIG, STREAMER, STREAMER_URL, WEB, is_active, log_in, start_feed
from tests.package.machine import Machine, eventually
from tests.package.package import TOP

ADDRESS = "fd77::1"
PAGE_URL = f"http://[{ADDRESS}]:8080"


def test_page_and_video_come_by_ipv6_alone_to_a_board_that_started_without_a_network(machine: Machine) -> None:
    config = machine.root / CONFIG
    config.write_text(config.read_text().replace("host: 0.0.0.0", 'host: "::"').replace("tls: off", "tls: auto"))
    assert machine.in_network("ip", "link", "delete", "lan0").returncode == 0
    machine.run("systemctl", "restart", "petcam.target")
    eventually(lambda: is_active(machine, WEB, STREAMER))
    assert machine.curl(f"{STREAMER_URL}/health")[0] == 200
    plug_in(machine)
    session = log_in(machine, PAGE_URL)
    start_feed(machine)
    for scheme, port in (("http", 8080), ("https", 8443)):
        assert machine.curl(f"{scheme}://[{ADDRESS}]:{port}/healthz", "-k")[0] == 200
    offer = json.loads(machine.curl(f"{PAGE_URL}/api/webrtc/config", *session)[1])
    assert offer["signaling_url"] == f"http://[{ADDRESS}]:8081/api/webrtc/offer"
    viewer = (str(TOP / "build/viewers"), "-url", offer["signaling_url"], "-token", offer["token"], "-for", "3s")
    watched = machine.in_network(*viewer)
    assert watched.returncode == 0, watched.stderr
    assert json.loads(watched.stdout)["frames"] > 30


def plug_in(machine: Machine) -> None:
    """A network of IPv6 only, as :meth:`Machine.boot` makes one of IPv4."""
    for words in (
        "link add lan0 type veth peer name cable",
        "link set lan0 up",
        "link set cable up",
        f"address add {ADDRESS}/64 dev lan0 nodad",
    ):
        done = machine.in_network("ip", *words.split())
        assert done.returncode == 0, done.stderr
