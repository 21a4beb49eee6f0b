"""The contents of the built packages, without installing them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from petcam.cli import COMMANDS
from tests.package.package import TOP, Package, Release

UNITS = sorted((TOP / "systemd").glob("*.service"))
MAX_PACKAGE_BYTES = 8_000_000
PYTHON_VERSIONS = ("310", "311", "312", "313")


ARCHITECTURES = ("amd64", "arm64")
NAMES = ("petcam-streamer", "petcam")


@pytest.fixture(params=[(name, architecture) for name in NAMES for architecture in ARCHITECTURES], ids="-".join)
def built(request: pytest.FixtureRequest) -> Package:
    return Package.built(*request.param)


def test_lintian_has_no_complaint(built: Package) -> None:
    found = subprocess.run(["lintian", "--fail-on", "error,warning", built.path], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_packages_are_small(architecture: str) -> None:
    assert sum(path.stat().st_size for path in Release.built(architecture).paths) <= MAX_PACKAGE_BYTES


def test_the_streamers_needs_no_python_and_both_share_no_file() -> None:
    release = Release.built("amd64")
    control = subprocess.run(["dpkg-deb", "-f", release.streamer.path], check=True, capture_output=True, text=True)
    assert "python" not in control.stdout.partition("Description:")[0].lower()
    assert not [path for path in release.streamer.files if path.endswith((".py", ".so")) or "python" in path]
    of_both = set(release.streamer.files) & set(release.petcam.files)
    assert [path for path in of_both if not path.endswith("/")] == []


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_carries_posix_ipc_for_each_supported_python(architecture: str) -> None:
    files = Package.built("petcam", architecture).files
    carried = [Path(path).name for path in files if path.startswith("/usr/lib/petcam/posix_ipc")]
    assert [name.split("-")[1] for name in carried] == list(PYTHON_VERSIONS)


@pytest.mark.parametrize("digits", PYTHON_VERSIONS)
def test_its_modules_load_in_each_installed_python(digits: str, tmp_path: Path) -> None:
    version = f"{digits[0]}.{digits[1:]}"
    candidates = [f"/usr/bin/python{version}", *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    python = next(filter(os.path.exists, candidates), None)
    if python is None:
        pytest.skip(f"no Python {version} here")
    modules = Package.built("petcam", "amd64").unpack(tmp_path / "deb") / "usr/lib/petcam"
    subprocess.run(
        [python, "-IBc", f"import sys; sys.path = [{str(modules)!r}, *sys.path]; import posix_ipc"], check=True
    )


@pytest.mark.parametrize("name", NAMES)
def test_both_architectures_have_the_same_files(name: str) -> None:
    amd64, arm64 = (Package.built(name, architecture).files for architecture in ARCHITECTURES)
    assert [path.replace("x86_64", "aarch64") for path in amd64] == arm64


def test_the_build_is_reproducible(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    others = shutil.ignore_patterns(".*", "build", "dist", "node_modules", "__pycache__")
    shutil.copytree(TOP, other, symlinks=True, ignore=others)
    (other / ".venv").symlink_to(TOP / ".venv")
    subprocess.run([other / "tools/deb"], check=True, capture_output=True)
    for path in (path for architecture in ARCHITECTURES for path in Release.built(architecture).paths):
        assert (other / "dist" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_service_is_sandboxed(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=10", "--no-pager", str(unit)]
    completed = subprocess.run(command, capture_output=True, text=True)
    assert completed.returncode == 0, completed.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_no_unit_removes_segments_of_others(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert not [line for line in lines if line.startswith(("RemoveIPC", "DynamicUser", "PrivateIPC"))]


def test_each_command_is_in_the_completion_and_in_the_manual() -> None:
    completion = (TOP / "completion/petcam").read_text()
    manual = (TOP / "docs/man/petcam.1").read_text()
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", completion), command
        assert re.search(rf"^\.It Cm {command}\b", manual, re.MULTILINE), command


def test_each_key_is_in_the_manual() -> None:
    manual = (TOP / "docs/man/petcam.yaml.5").read_text()
    for key in re.findall(r"^  (\w+):", (TOP / "etc/petcam.yaml").read_text(), re.MULTILINE):
        assert re.search(rf"\bVa {key}\b", manual), key


def test_the_completion_completes_commands_and_options() -> None:
    for line, offered in (("che", "check-config"), ("shm sh", "show"), ("feed de", "demo"), ("demo --so", "--source")):
        variables = f"COMP_WORDS=(petcam {line}); COMP_CWORD={len(line.split())}; _petcam; echo ${{COMPREPLY[@]}}"
        script = f"source {TOP}/completion/petcam; {variables}"
        assert subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split() == [offered]
