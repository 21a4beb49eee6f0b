"""petcam-model-pets: what it holds, and what its coming and going means for a petcam that runs."""

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from tests.package.appliance import DETECT, FEED, STREAMER, WEB, apt, await_camera, edit_config, is_active
from tests.package.machine import Machine, eventually
from tests.package.package import TOP, Package

TARGET = "petcam.target"
MODELS = "/usr/share/petcam/models"
CLIP = "/srv/clip.mp4"
MAX_PACKAGE_BYTES = 9_000_000


def test_lintian_has_no_complaint(model: Package) -> None:
    found = subprocess.run(["lintian", "--fail-on", "error,warning", model.path], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_it_holds_the_model_that_was_pinned_its_names_and_its_origin(model: Package, tmp_path: Path) -> None:
    documents = "/usr/share/doc/petcam-model-pets"
    assert [path for path in model.files if not path.endswith("/")] == [
        *(f"{documents}/{name}" for name in ("README.md", "changelog.Debian.gz", "copyright")),
        "/usr/share/lintian/overrides/petcam-model-pets",
        *(f"{MODELS}/{name}" for name in ("pets.onnx", "pets.txt")),
    ]
    tree = model.unpack(tmp_path / "deb")
    for name in ("pets.onnx", "pets.txt"):
        assert (tree / MODELS[1:] / name).read_bytes() == (TOP / "build/model" / name).read_bytes()
    assert (tree / documents[1:] / "copyright").read_text() == (
        TOP / "packages/model-pets/debian/copyright"
    ).read_text()


def test_it_is_small_and_runs_nothing_when_it_is_installed(model: Package, tmp_path: Path) -> None:
    assert model.path.stat().st_size <= MAX_PACKAGE_BYTES
    control = model.unpack(tmp_path / "deb") / "DEBIAN"
    assert {path.name for path in control.iterdir()} == {"control", "md5sums"}


def test_the_build_is_reproducible(model: Package, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    for folder in ("tools", "requirements", "packages"):
        shutil.copytree(TOP / folder, other / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "build/model").mkdir(parents=True)
    for name in ("pets.onnx", "pets.txt"):
        shutil.copy(TOP / "build/model" / name, other / "build/model")
    subprocess.run([other / "tools/model-deb"], check=True, capture_output=True)
    assert (other / "dist" / model.path.name).read_bytes() == model.path.read_bytes()


@pytest.fixture
def filming(machine: Machine) -> Machine:
    """Its petcam films by itself, which is where it looks for pets, and has no model."""
    write_clip(machine.root / CLIP[1:])
    edit_config(machine, 'source: ""', f"source: {CLIP}")
    machine.run("systemctl", "restart", TARGET)
    await_camera(machine, "live")
    assert not is_active(machine, DETECT)
    return machine


def write_clip(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((540, 640), 128, np.uint8), "yuv420p")
        for packet in (packet for picture in [*[frame] * 50, None] for packet in stream.encode(picture)):
            container.mux(packet)


def process(machine: Machine, unit: str) -> str:
    return machine.property(unit, "MainPID")


def test_the_detector_follows_its_model_and_nothing_else_is_restarted(
    filming: Machine, model: Package, tmp_path: Path
) -> None:
    machine = filming
    others = [process(machine, unit) for unit in (WEB, STREAMER, FEED)]
    apt(machine, model)
    assert is_active(machine, DETECT)
    first = process(machine, DETECT)
    apt(machine, model.as_version("9.0", tmp_path))
    assert is_active(machine, DETECT)
    assert process(machine, DETECT) != first
    machine.run("apt-get", "remove", "-y", "petcam-model-pets")
    assert not is_active(machine, DETECT)
    assert not (machine.root / MODELS[1:]).exists()
    assert [process(machine, unit) for unit in (WEB, STREAMER, FEED)] == others


def test_a_model_starts_nothing_of_a_petcam_that_was_stopped(filming: Machine, model: Package) -> None:
    machine = filming
    machine.run("systemctl", "stop", TARGET)
    apt(machine, model)
    assert [is_active(machine, unit) for unit in (DETECT, WEB, STREAMER)] == [False] * 3
    machine.run("systemctl", "start", TARGET)
    eventually(lambda: is_active(machine, DETECT))
