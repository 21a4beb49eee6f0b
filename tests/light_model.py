"""A model for tests that is quick and needs no download: where its picture's middle is light, there is a cat."""

from pathlib import Path

import numpy as np

from tests.onnx_files import model, node

SIDE = 32  # pixels of its picture
MIDDLE = slice(8, 24)
STEPS = (8, 16, 32)  # of YOLOX's cells; the last is the whole picture
CAT = 6  # of a row: box (4), anything, person, cat, dog


def write_light_model(folder: Path) -> Path:
    """Write it, with its labels, and return its path."""
    rows, cells = 8, sum((SIDE // step) ** 2 for step in STEPS)
    bias = np.zeros((1, rows, cells), np.float32)
    bias[:, :2], bias[:, 2:4] = 0.5, np.log(0.5)  # each box in the middle of its cell, and half as large
    bias[:, 4], bias[:, CAT] = -0.3, 1
    nodes, weights, names = [], {"bias": bias, "order": np.array([1, rows, -1])}, []
    for step in STEPS:
        mean = np.zeros((rows, 3, step, step), np.float32)
        if step == SIDE:
            mean[4, :, MIDDLE, MIDDLE] = 1 / (255 * 3 * 16 * 16)
        weights[f"mean{step}"] = mean
        nodes.append(node("Conv", ["images", f"mean{step}"], [f"c{step}"], strides=[step, step]))
        nodes.append(node("Reshape", [f"c{step}", "order"], [f"r{step}"]))
        names.append(f"r{step}")
    nodes += [node("Concat", names, ["all"], axis=2), node("Add", ["all", "bias"], ["sum"])]
    nodes.append(node("Transpose", ["sum"], ["output"], perm=[0, 2, 1]))
    path = folder / "light.onnx"
    path.write_bytes(model(nodes, weights, {"images": (1, 3, SIDE, SIDE)}, {"output": (1, cells, rows)}))
    path.with_suffix(".txt").write_text("person\ncat\ndog\n")
    return path
