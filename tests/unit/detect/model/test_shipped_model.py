"""The model that petcam brings, where it was made: its outputs by the plain way and by onnxruntime."""

import os
from pathlib import Path

import numpy as np
import pytest

from petcam.detect.model import load_model
from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.onnx_file import read_graph
from tests.unit.detect.model.plain import plainly

PATH = Path(os.environ.get("PETCAM_TEST_MODEL", "build/model/pets.onnx"))
pytestmark = pytest.mark.skipif(not PATH.is_file(), reason=f"no {PATH}: the model that petcam brings is not tested")


@pytest.fixture(scope="module")
def outputs():
    """A picture of noise, its boxes and scores by petcam's numpy runtime."""
    picture = np.random.default_rng(1).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    found = load_model(PATH, runtime="numpy")
    found.find(np.zeros_like(picture), 0.5)
    found.find(picture, 0.5)
    return picture, [output.copy() for output in found._runtime._outputs]


def test_its_outputs_are_those_of_the_plain_way(outputs):
    picture, found = outputs
    file = ModelFile(PATH)
    graph = read_graph(file.data, file.forget)
    image = (picture.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
    for ours, plain in zip(found, plainly(graph, {next(iter(graph.inputs)): image}), strict=True):
        assert np.abs(ours - plain).max() < 1e-3


def test_its_outputs_are_those_of_onnxruntime(outputs):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: numpy is not compared with it")
    picture, found = outputs
    other = load_model(PATH, runtime="onnxruntime")
    other._head.fill(picture, other._runtime.input)
    for ours, theirs in zip(found, other._runtime.run(), strict=True):
        assert np.abs(ours - theirs).max() < 1e-3


def test_it_is_an_ssd_for_people_cats_and_dogs():
    found = load_model(PATH, runtime="numpy")
    assert (found.width, found.height) == (300, 300) and "SSD" in found.name
    assert found.classes == ("person", "cat", "dog")
