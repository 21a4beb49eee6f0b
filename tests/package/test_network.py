"""Who reaches the services: private networks and VPNs do, public IPv4 addresses do not."""

import pytest

from tests.package.machine import LAN, Boot

# IPAddressDeny= is a BPF program; a container loads one only with these.
MAY_LOAD_BPF = ("--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_SYS_ADMIN")


@pytest.mark.parametrize("port, path", [(8080, "/healthz"), (8081, "/health")], ids=["page", "media"])
def test_only_private_addresses_are_answered(boot: Boot, port: int, path: str) -> None:
    machine = boot(*MAY_LOAD_BPF)
    url = f"http://{LAN}:{port}{path}"
    for address, answer in (("192.168.77.9", 200), ("100.64.3.4", 200), ("203.0.113.5", 0)):
        machine.in_network("ip", "address", "add", f"{address}/32", "dev", "lan0")
        assert machine.curl(url, "--interface", address, "-m", "3")[0] == answer, address
