"""Runs a graph of a test by petcam's numpy runtime."""

import tempfile
from pathlib import Path

import numpy as np

from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.numpy_runtime import NumpyRuntime
from petcam.detect.model.onnx_file import read_graph
from tests import onnx_files


def runtime_of(data: bytes) -> NumpyRuntime:
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(data)
        file.flush()
        model = ModelFile(Path(file.name))
        return NumpyRuntime(read_graph(model.data, model.forget), model)


def outputs_of(data: bytes, x: np.ndarray) -> list[np.ndarray]:
    """Twice, since the second look must not see what the first left behind."""
    runtime = runtime_of(data)
    runtime.input[:] = 7
    runtime.run()
    runtime.input[:] = x
    return [output.copy() for output in runtime.run()]


def run(nodes, weights, x, shape, opset=13):
    """Of a graph that makes one tensor "y" of a shape out of "x"."""
    data = onnx_files.model(nodes, weights, {"x": x.shape}, {"y": shape}, opset)
    (output,) = outputs_of(data, x)
    assert output.shape == tuple(shape)
    return output
