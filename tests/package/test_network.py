"""The services answer private networks and VPNs, and no public IPv4 address."""

import pytest

from tests.package.machine import LAN_ADDRESS, Boot

# IPAddressDeny= is implemented as a BPF program, which a container can load only with these options.
MAY_LOAD_BPF = ("--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_SYS_ADMIN")


@pytest.mark.parametrize("port, path", [(8080, "/healthz"), (8081, "/health")], ids=["page", "media"])
def test_only_private_addresses_are_answered(boot: Boot, port: int, path: str) -> None:
    machine = boot(*MAY_LOAD_BPF)
    url = f"http://{LAN_ADDRESS}:{port}{path}"
    for address, answer in (("192.168.77.9", 200), ("100.64.3.4", 200), ("203.0.113.5", 0)):
        machine.in_network("ip", "address", "add", f"{address}/32", "dev", "lan0")
        assert machine.curl(url, "--interface", address, "-m", "3")[0] == answer, address
