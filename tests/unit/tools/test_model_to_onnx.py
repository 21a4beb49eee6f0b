"""What ``tools/model_to_onnx`` makes of small networks, read back byte by byte; and of the real one, where it is."""

import hashlib
import re
import struct
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.model_to_onnx.net import Net, Operator, Refused
from tools.model_to_onnx.onnx_file import ALIGNMENT, OnnxFile
from tools.model_to_onnx.ssd import Converter, pads

TOP = Path(__file__).parents[3]


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


def fields(data, start=0, end=None):
    """``{field: [what each holds]}``: numbers, and (start, end) in ``data`` of what has a length."""
    found, at, end = defaultdict(list), start, len(data) if end is None else end
    while at < end:
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 5:
            (value,), at = struct.unpack("<f", data[at : at + 4]), at + 4
        else:
            assert key & 7 == 2, key
            size, at = varint(data, at)
            value, at = (at, at + size), at + size
        found[key >> 3].append(value)
    assert at == end
    return found


class Onnx:
    """A written file, read back."""

    def __init__(self, data):
        self.data, self.model = data, fields(data)
        self.graph = self._inner(self.model[7][0])
        self.nodes = [self._node(self._inner(node)) for node in self.graph[1]]
        tensors = [self._inner(tensor) for tensor in self.graph[5]]
        self.starts = {self._text(tensor[8][0]): tensor[9][0][0] for tensor in tensors}
        self.constants = {self._text(tensor[8][0]): self._array(tensor) for tensor in tensors}
        self.metadata = {self._text(pair[1][0]): self._text(pair[2][0]) for pair in map(self._inner, self.model[14])}

    def shape(self, end):
        """Of the input (11) or outputs (12), by name."""
        values = [self._inner(value) for value in self.graph[end]]
        return {self._text(value[1][0]): self._sizes(self._inner(self._inner(value[2][0])[1][0])) for value in values}

    def _sizes(self, tensor_type):
        return tuple(self._inner(size)[1][0] for size in self._inner(tensor_type[2][0])[1])

    def _inner(self, span):
        return fields(self.data, *span)

    def _text(self, span):
        return self.data[slice(*span)].decode()

    def _array(self, tensor):
        dtype = {1: "<f4", 7: "<i8"}[tensor[2][0]]
        return np.frombuffer(self.data[slice(*tensor[9][0])], dtype).reshape(tensor[1])

    def _node(self, node):
        attributes = {}
        for attribute in map(self._inner, node[5]):
            value = {1: attribute[2], 2: attribute[3], 7: [tuple(attribute[8])]}[attribute[20][0]]
            attributes[self._text(attribute[1][0])] = value[0]
        inputs, (output,) = [self._text(i) for i in node[1]], node[2]
        return self._text(node[4][0]), inputs, self._text(output), attributes


def numbers(*shape):
    return np.arange(np.prod(shape), dtype="<f4").reshape(shape)


def small_net(**changes):
    """A head of 2 anchors with 3 classes at 2x2 places of a 4x4 picture, behind a depthwise convolution."""
    operators = [
        Operator("DEPTHWISE_CONV_2D", (0, 1, 2), 3, strides=(2, 2), same=True, relu6=True),
        Operator("CONV_2D", (3, 4, 5), 6),
        Operator("CONV_2D", (3, 7, 8), 9),
        Operator("RESHAPE", (6, 10), 11),
        Operator("RESHAPE", (9, 10), 12),
        Operator("RESHAPE", (11, 10), 13),
    ]
    sizes = {0: (1, 4, 4, 3), 3: (1, 2, 2, 3), 6: (1, 2, 2, 8), 9: (1, 2, 2, 6)}
    sizes |= {11: (1, 8, 1, 4), 12: (1, 8, 3), 13: (1, 8, 4)}
    constants = {1: numbers(1, 3, 3, 3), 2: numbers(3), 4: numbers(8, 1, 1, 3), 5: numbers(8)}
    constants |= {7: numbers(6, 1, 1, 3), 8: numbers(6)}
    return Net(
        **{"operators": operators, "shapes": sizes, "constants": constants, "input": 0, "outputs": (13, 12)} | changes
    )


def converted(kept=(2, 0), **changes):
    return Onnx(Converter(small_net(**changes), kept).convert("words", {"license": "free"}))


def test_the_file_has_the_input_and_the_outputs_that_the_detector_reads():
    onnx = converted()
    assert (onnx.model[1], onnx.metadata) == ([6], {"license": "free"})
    assert fields(onnx.data, *onnx.model[8][0]) == {2: [10]}
    assert onnx.shape(11) == {"image": (1, 3, 4, 4)}
    assert onnx.shape(12) == {"boxes": (1, 8, 4), "scores": (1, 8, 2)}
    assert [(kind, output) for kind, _, output, _ in onnx.nodes if output in ("boxes", "scores")] == [
        ("Reshape", "boxes"),
        ("Reshape", "scores"),
    ]


def test_each_node_computes_with_what_is_there_before_it():
    onnx = converted()
    there = {"image", *onnx.constants}
    for kind, inputs, output, _ in onnx.nodes:
        assert there.issuperset(inputs), kind
        there.add(output)


def test_only_the_kept_classes_rows_stay_in_their_order_and_boxes_keep_all():
    onnx = converted(kept=(2, 0))
    weights, bias = onnx.constants["conv_2d_2.weights"], onnx.constants["conv_2d_2.bias"]
    assert bias.tolist() == [2, 0, 5, 3]
    assert weights.reshape(4, 3).tolist() == numbers(6, 3)[[2, 0, 5, 3]].tolist()
    assert onnx.constants["conv_2d_1.bias"].tolist() == list(range(8))


def test_a_depthwise_convolution_has_a_plane_of_weights_and_a_group_for_each_channel():
    onnx = converted()
    kind, _, _, attributes = onnx.nodes[0]
    assert (kind, attributes["group"], attributes["strides"]) == ("Conv", 3, (2, 2))
    weights = onnx.constants["depthwise_conv_2d_0.weights"]
    assert weights.shape == (3, 1, 3, 3)
    assert weights[1, 0].tolist() == numbers(1, 3, 3, 3)[0, :, :, 1].tolist()


def test_relu6_is_a_clip_with_its_limits_as_attributes():
    onnx = converted()
    assert [(kind, attributes) for kind, _, _, attributes in onnx.nodes if kind == "Clip"] == [
        ("Clip", {"min": 0, "max": 6})
    ]


def test_same_puts_the_odd_row_last():
    assert converted().nodes[0][3]["pads"] == (0, 0, 1, 1)
    assert pads((75, 75), (3, 3), (2, 2)) == (1, 1, 1, 1)
    assert pads((300, 150), (3, 3), (2, 1)) == (0, 1, 1, 1)


@given(st.integers(1, 400), st.integers(1, 7), st.integers(1, 4))
def test_same_gives_as_many_places_as_strides_fit(size, kernel, stride):
    before, _, after, _ = pads((size, size), (kernel, kernel), (stride, stride))
    assert (size + before + after - kernel) // stride + 1 == -(-size // stride)
    assert 0 <= after - before <= 1


def test_a_reshape_amidst_the_network_is_refused():
    net = small_net()
    amidst = Operator("RESHAPE", (0, 10), 14)
    with pytest.raises(Refused, match="RESHAPE amidst"):
        converted(operators=[amidst, *net.operators], shapes=net.shapes | {14: (1, 2, 8, 3)})


def test_the_same_network_gives_the_same_bytes():
    assert converted().data == converted().data


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 40), max_size=3), min_size=1, max_size=8),
    st.text("abc", max_size=200),
)
def test_numbers_begin_at_multiples_of_64_bytes(shapes, words):
    file = OnnxFile()
    arrays = {f"w{i}": numbers(*shape) for i, shape in enumerate(shapes)}
    for name, array in arrays.items():
        file.constant(name, array)
    onnx = Onnx(file.write("net", {"a": (1,)}, {"b": (1,)}, words, {}))
    assert {start % ALIGNMENT for start in onnx.starts.values()} == {0}
    for name, array in arrays.items():
        assert np.array_equal(onnx.constants[name], array)


@pytest.mark.parametrize("near", [1 << 7, 1 << 14, 1 << 21])
def test_numbers_begin_there_also_where_a_length_gets_one_byte_longer(near):
    for less in range(0, 400, 4):
        file = OnnxFile()
        file.constant("w", np.zeros(max(near - less, 4) // 4, "<f4"))
        (start,) = Onnx(file.write("net", {}, {}, "", {})).starts.values()
        assert start % ALIGNMENT == 0


MADE = TOP / "build/model"
VENV, TFLITE = MADE / "venv/bin/python", MADE / "ssd_mobilenetv2_oidv4_fp16.tflite"


@pytest.mark.skipif(not (VENV.exists() and TFLITE.exists()), reason="the model is not here: make model fetches it")
def test_two_conversions_of_the_real_model_give_the_pinned_bytes(tmp_path):
    pinned = re.search(r"(?m)^onnx_sha256=(\w+)$", (TOP / "tools/model").read_text())[1]
    for name in ("one", "two"):
        made = tmp_path / name
        command = [VENV, "-m", "tools.model_to_onnx", TFLITE, made, tmp_path / "names"]
        subprocess.run(command, cwd=TOP, check=True)
        assert hashlib.sha256(made.read_bytes()).hexdigest() == pinned
    starts = Onnx(made.read_bytes()).starts
    assert len(starts) > 100
    assert {start % ALIGNMENT for start in starts.values()} == {0}
