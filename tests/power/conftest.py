"""Power cuts: `make test-power` runs them; they need root, a bare Debian, the built package and a virtual machine."""

import os

import pytest

from tests.power.virtual_machine import KINDS

if "PETCAM_TEST_POWER" not in os.environ:
    collect_ignore_glob = ["test_power_cuts.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("power cuts")
    group.addoption("--cuts", type=int, default=3, help="power cuts on each file system")
    group.addoption("--seed", type=int, help="of all that is random; it is printed where a cut has lost something")
    group.addoption("--machine", choices=list(KINDS), default="uml", help="user-mode Linux, or qemu (ext4 only)")
    group.addoption("--file-system", action="append", help="ext4, btrfs; both where it is left out")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "file_system" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--file-system")
        metafunc.parametrize("file_system", chosen or ("ext4", "btrfs"), scope="session")
