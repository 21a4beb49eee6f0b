"""Package tests: `make test-package` runs them; they need root, debootstrap, systemd-nspawn and the built packages."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.package.appliance import EVENTS, STREAMER, WEB, is_active
from tests.package.installation import Installed, install
from tests.package.machine import TIMEOUT_FACTOR, Boot, Machine, booted, debian_root, eventually, unmount
from tests.package.package import Package, Release

if "PETCAM_TEST_PACKAGE" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

SUITES = ("bookworm", "trixie")
HOST_ARCHITECTURE = "amd64"
NEEDED_PROGRAMS = ("debootstrap", "systemd-nspawn", "curl", "lintian")


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "only the tests of this Debian; of the first also those that need none in particular"
    parser.addoption("--suite", choices=SUITES, help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if suite := config.getoption("--suite"):
        others = [item for item in items if _suite_of(item) != suite]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _suite_of(item) == suite]
    missing = [program for program in NEEDED_PROGRAMS if shutil.which(program) is None]
    why = "needs root" if os.geteuid() else f"needs {', '.join(missing)}" if missing else ""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.package)
            item.add_marker(pytest.mark.timeout(300 * TIMEOUT_FACTOR))
            if why:
                item.add_marker(pytest.mark.skip(reason=why))


def _suite_of(item: pytest.Item) -> str:
    return str(item.callspec.params.get("base", SUITES[0]) if hasattr(item, "callspec") else SUITES[0])


@pytest.fixture(scope="session", params=SUITES)
def base(request: pytest.FixtureRequest) -> Path:
    root = debian_root(request.param, HOST_ARCHITECTURE)
    try:
        with booted(root):
            return root
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"not even a bare Debian boots here: {error}")


@pytest.fixture(scope="session")
def release() -> Release:
    return Release.built(HOST_ARCHITECTURE)


@pytest.fixture(scope="session")
def model() -> Package:
    """The package of the model."""
    if (package := Package.of_the_model()) is None:
        pytest.skip("dist/ has no petcam-model-pets: make model-deb says why")
    return package


@pytest.fixture(scope="session")
def installed(base: Path, release: Release) -> Iterator[Installed]:
    with booted(base) as machine:
        installation = install(machine, release, base)
        machine.power_off()
        unmount(machine.root)
        yield installation


@pytest.fixture
def boot(installed: Installed) -> Iterator[Boot]:
    """Boots the installation with options of systemd-nspawn; returns when the three services are active."""
    with ExitStack() as stack:

        def boot(*options: str) -> Machine:
            machine = stack.enter_context(booted(*installed.layers, options=options))
            eventually(lambda: is_active(machine, WEB, STREAMER, EVENTS))
            return machine

        yield boot


@pytest.fixture
def machine(boot: Boot) -> Machine:
    """A newly booted machine with the installation."""
    return boot()
