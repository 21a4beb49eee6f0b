"""Segment names that belong to one test, the C writer and the Go reader."""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

import pytest

from tests.integration.shm import stress


@pytest.fixture
def name():
    """A segment's name that nobody else uses; whatever the test leaves under it is removed."""
    made = f"/petcam_test_{os.getpid()}_{secrets.token_hex(4)}"
    yield made
    for suffix in ("", ".new"):
        with contextlib.suppress(FileNotFoundError):
            Path("/dev/shm" + made + suffix).unlink()


def _prebuilt(program):
    """tools/test-arm64 runs where there are no compilers."""
    folder = os.environ.get("PETCAM_TEST_PROGRAMS")
    return folder and Path(folder) / program


@pytest.fixture(scope="session")
def c_writer(tmp_path_factory):
    """The path of tests/shm_writer.c as a program."""
    if prebuilt := _prebuilt("shm_writer"):
        return prebuilt
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    return stress.compile_c(stress.ROOT / "tests" / "shm_writer.c", tmp_path_factory.mktemp("c") / "shm_writer")


@pytest.fixture(scope="session")
def go_reader():
    """The path of streamer/cmd/shmreader as a program."""
    program = _prebuilt("shm-reader") or stress.build_go_reader()
    if program is None:
        pytest.skip("there is no Go toolchain")
    return program
