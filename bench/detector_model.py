"""What one look of petcam's own model costs: time of one core, and memory of a process that does nothing else.

Each way runs in a process of its own with one thread: petcam's numpy runtime, onnxruntime where it can be imported,
and the graph operator by operator in plain numpy. Times are CPU time, so that a busy machine disturbs them less.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.figure import Figure
from petcam.detect.model import load_model
from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.onnx_file import read_graph
from tests.unit.detect.model.plain import plainly

ROOT = Path(__file__).parent.parent
MODEL = Path(os.environ.get("PETCAM_TEST_MODEL", ROOT / "build" / "model" / "pets.onnx"))
WAYS = ("numpy", "onnxruntime", "plain")
LOOKS = 60
AIM_MS, AIM_MB = 45.0, 60.0  # the whole process, which has PyAV besides


def figures() -> Iterator[Figure]:
    if not MODEL.is_file():
        print(f"detector_model: there is no {MODEL}; make model", file=sys.stderr)
        return
    found = {way: measured for way in WAYS if (measured := _measured(way))}
    for what, unit, aim in (
        ("median", "ms", AIM_MS),
        ("fastest", "ms", None),
        ("memory", "MB", AIM_MB),
        ("peak", "MB", AIM_MB),
    ):
        peers = {way: one[what] for way, one in found.items() if way != "numpy"}
        yield Figure(f"a look, {what}", found["numpy"][what], unit, aim, peers)


def _measured(way: str) -> dict[str, float] | None:
    one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "BLIS")}
    done = subprocess.run(
        [sys.executable, "-m", "bench.detector_model", way],
        cwd=ROOT,
        env=os.environ | one_thread,
        stdout=subprocess.PIPE,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def _look(way: str) -> Callable[[], object]:
    picture = np.resize(np.arange(251, dtype=np.uint8), (300, 300, 3))  # np.random would be 5 MB
    if way != "plain":
        model = load_model(MODEL, runtime=way)
        return lambda: model.find(picture, 0.4)
    file = ModelFile(MODEL)
    graph = read_graph(file.data, file.forget)
    (name,) = graph.inputs
    return lambda: plainly(graph, {name: (picture.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]})


def _memory(field: str) -> float:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def _measure(way: str) -> dict[str, Any]:
    look, times = _look(way), []
    for _ in range(LOOKS):
        begin = time.process_time()
        look()
        times.append(1000 * (time.process_time() - begin))
    times = sorted(times[5:])
    return {
        "median": times[len(times) // 2],
        "fastest": times[0],
        "memory": _memory("VmRSS:"),
        "peak": _memory("VmHWM:"),
    }


if __name__ == "__main__":
    if sys.argv[1] == "onnxruntime":
        try:
            import onnxruntime  # noqa: F401
        except ImportError:
            sys.exit(3)
    print(json.dumps(_measure(sys.argv[1])))
