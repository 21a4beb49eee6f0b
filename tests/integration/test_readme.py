"""README's blocks are run as they stand, in its order, on other ports; those that install something are marked."""

import ast
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from petcam import cli, config
from petcam.feed.demo.scene import Scene
from petcam.shm.detections import Box, DetectionReader
from tests.ports import free_port

pytest.importorskip("av")

TOP = Path(__file__).parents[2]
VENV = TOP / ".venv"
NOT_RUN = "not run by the tests: "
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TIMEOUT_SECONDS = 60.0  # for whatever must come


class Block(NamedTuple):
    kind: str
    text: str
    mark: str


def blocks(name: str) -> list[Block]:
    text = (TOP / name).read_text(encoding="utf-8")
    return [Block(each["kind"], each["text"], each["mark"] or "") for each in BLOCK.finditer(text)]


def is_run(block: Block) -> bool:
    return block.kind in ("sh", "python") and not block.mark.startswith(NOT_RUN)


ENGLISH, JAPANESE = blocks("README.md"), blocks("README.ja.md")


@contextmanager
def started(line: str, folder: Path):
    """A line of a shell's, in ``folder``; ended as by Ctrl-C."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}  # where .venv belongs to another checkout
    process = subprocess.Popen(
        line, shell=True, cwd=folder, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=TIMEOUT_SECONDS)


def printed(process: "subprocess.Popen[str]", pattern: str) -> "re.Match[str]":
    seen = []
    for line in process.stdout:
        seen.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"it ended without {pattern!r}: {seen}")


def overlap(one, other) -> float:
    """Of two boxes, x, y, w and h: what both cover, as a part of what either does."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def first_on_the_cat(name: str, detector: "subprocess.Popen[str]") -> Box:
    """Of the first pictures the colours are coarse."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    with DetectionReader(name) as reader:
        while time.monotonic() < deadline:
            assert detector.poll() is None, detector.stdout.read()
            found = reader.read(0.5)
            cat = None if found is None else Scene().box(found.frame_number)
            if cat and found.boxes and overlap(found.boxes[0][2:], cat) > 0.7:
                return found.boxes[0]
    raise AssertionError(f"it was not found in {TIMEOUT_SECONDS:g} s")


@pytest.mark.skipif(not (VENV / "bin" / "petcam").exists(), reason="the checkout has no .venv, which make run makes")
def test_the_example_finds_the_cat_of_the_demo_that_was_started_before(tmp_path):
    run, program, line = [block.text for block in ENGLISH if is_run(block)]
    port, streamer_port = free_port(), free_port()
    # What `make run` installs first is there. A shell takes the words behind it for further ones of ARGS.
    ports = f"--port {port} --streamer-port {streamer_port} --dir {tmp_path / 'demo'}"
    demo_line = run.replace("make run", "make -o setup run").replace('"\n', f' {ports}"\n')
    assert ports in demo_line
    (tmp_path / "detector.py").write_text(program.replace("_8080_", f"_{port}_"))
    (tmp_path / ".venv").symlink_to(VENV)
    with started(f"exec {demo_line}", TOP) as demo:
        names = printed(demo, r"reads (\S+) and writes (\S+)$")
        assert all(f'"{name}"' in (tmp_path / "detector.py").read_text() for name in names.groups())
        printed(demo, rf"open http://127\.0\.0\.1:{port} ")
        with started(f"exec {line}", tmp_path) as detector:
            assert first_on_the_cat(names[2], detector).class_name == "cat"


@pytest.mark.skipif(not VENV.exists(), reason="the checkout has no .venv")
def test_the_python_of_the_checkout_has_what_the_example_imports(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    imports = "import av, numpy, petcam.shm.detections, petcam.shm.stream"
    subprocess.run([VENV / "bin" / "python", "-c", imports], cwd=tmp_path, env=environment, check=True)


@pytest.mark.parametrize("block", [block for block in ENGLISH if block.kind == "yaml"])
def test_a_piece_of_configuration_is_one(block, tmp_path, capsys):
    file = tmp_path / "petcam.yaml"
    file.write_text(block.text)
    assert cli.main(["check-config", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: ok\n"
    assert config.load(file) != (config.Config(), [])


def test_what_is_not_run_needs_root_or_installs_something_or_is_these_tests():
    reasons = [block.mark.removeprefix(NOT_RUN) for block in ENGLISH if block.mark.startswith(NOT_RUN)]
    assert reasons == ["it installs packages", "it is them", "it needs root and installs a package"]


def test_each_block_says_what_it_is_and_is_the_same_in_both_languages():
    assert {block.kind for block in ENGLISH} == {"sh", "python", "yaml", "text"}
    assert [_meaning(block) for block in ENGLISH] == [_meaning(block) for block in JAPANESE]


def _meaning(block: Block) -> tuple[str, str, str]:
    """Without what is translated: comments, and the words of a drawing."""
    text = {"python": lambda: ast.unparse(ast.parse(block.text)), "text": lambda: ""}.get(
        block.kind, lambda: block.text
    )
    return block.kind, text(), block.mark
