"""Files that are no models, are damaged, or mean harm: each is refused with a word."""

import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petcam.detect.model import load_model, onnx_file, wire
from petcam.detect.model.onnx_file import read_graph
from petcam.errors import Code, PetcamError
from tests import onnx_files
from tests.onnx_files import model, node, number, piece, tensor, value_info
from tests.unit.detect.model.running import runtime_of

W = np.ones((2, 3, 1, 1), np.float32)
X, Y = {"x": (1, 3, 32, 32)}, {"y": (1, 2, 32, 32)}
CONV = node("Conv", ["x", "w"], ["y"], kernel_shape=[1, 1])
GOOD = model([CONV], {"w": W}, X, Y)


def words(data: bytes) -> str:
    """With which the file is refused, be it when it is read or when it is planned."""
    with pytest.raises(PetcamError) as refused:
        runtime_of(data)
    assert refused.value.code is Code.BAD_MODEL
    return refused.value.message


def test_a_good_file_is_read_without_copying_its_weights():
    graph = read_graph(memoryview(GOOD), lambda: None)
    assert graph.opset == 13 and list(graph.inputs.items()) == list(X.items())
    assert graph.nodes[0].kind == "Conv" and graph.nodes[0].attributes == {"kernel_shape": [1, 1]}
    aligned = b"\0" * 64
    for gap in range(64):  # somewhere among these the weights begin at a multiple of four bytes
        data = model([CONV], {"w": W}, X, Y, extra=piece(6, aligned[:gap]))
        (weights,) = read_graph(memoryview(data), lambda: None).weights.values()
        assert np.array_equal(weights, W)
        if not weights.flags.owndata and weights.base is not None and not weights.flags.writeable:
            return
    raise AssertionError("weights were copied")


def test_an_input_that_is_a_weight_is_no_input():
    graph = read_graph(memoryview(model([CONV], {"w": W}, X | {"w": W.shape}, Y)), lambda: None)
    assert list(graph.inputs) == ["x"]


@pytest.mark.parametrize("listed", ["float_data", "int64_data"])
def test_numbers_that_are_listed_one_by_one_are_read(listed):
    if listed == "float_data":
        raw = number(1, 2) + number(2, 1) + piece(8, "n") + piece(4, struct.pack("<2f", 1.5, -2))
        wanted = [1.5, -2]
    else:
        raw = number(1, 2) + number(2, 7) + piece(8, "n") + number(7, 3) + piece(7, onnx_files.varint(-4))
        wanted = [3, -4]
    data = model([CONV], {"w": W}, X, Y, graph_extra=piece(5, raw))
    assert read_graph(memoryview(data), lambda: None).weights["n"].tolist() == wanted


def test_what_ends_within_a_field_that_nobody_needs_is_refused_too():
    assert "ends in the middle" in words(GOOD + piece(6, b"a comment")[:-1])


def test_where_it_was_cut_off_it_is_refused():
    for length in range(1, len(GOOD)):
        assert words(GOOD[:length])


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" * 9, b"\0" * 300, b"\xff" * 300, b"TFL3" * 50, b"{}\n", b"\n" * 200]
)
def test_what_is_no_onnx_file_is_refused(data):
    assert "no ONNX file" in words(data)


@pytest.mark.parametrize(
    "data, says",
    [
        (model([CONV], {"w": W}, X, Y, opset=5), "opset is 5"),
        (model([CONV], {"w": W}, X, Y, opset=99), "opset is 99"),
        (model([node("Conv", ["x", "v"], ["y"])], {"w": W}, X, Y), "'v' is taken before it is made"),
        (model([node("Conv", ["y", "w"], ["y"])], {"w": W}, X, Y), "'y' is taken before it is made"),
        (
            model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])], {}, X, {"b": (1, 3, 32, 32)}),
            "'b' is taken before it is made",
        ),
        (model([CONV, CONV], {"w": W}, X, Y), "'y' is made twice"),
        (model([CONV], {"w": W}, X, {"z": (1,)}), "nothing makes its output 'z'"),
        (model([CONV], {"w": W}, X, {"y": (1, 2, 32, 31)}), "not (1, 2, 32, 31) as it says"),
        (model([CONV], {"w": W}, X, Y, graph_extra=piece(5, tensor("w", W))), "two of its tensors"),
        (model([node("Conv", ["x", "w"], ["y"], group=2)], {"w": W}, X, Y), "do not fit"),
        (model([node("Conv", ["x", "w"], ["y"], group=0)], {"w": W}, X, Y), "do not fit"),
        (model([node("Conv", ["x", "w"], ["y"], strides=[0, 1])], {"w": W}, X, Y), "steps of"),
        (model([node("Conv", ["x", "w"], ["y"], pads=[2**40] * 4)], {"w": W}, X, Y), "pads of"),
        (model([node("Conv", ["x", "w"], ["y"], pads=[-1] * 4)], {"w": W}, X, Y), "pads of"),
        (model([node("Conv", ["x", "w"], ["y"], strides=3)], {"w": W}, X, Y), "no list of numbers as strides"),
        (model([node("Conv", ["x", "w"], ["y"])], {"w": W.astype(np.float64)}, X, Y), "float32 weights"),
        (model([node("Conv", ["x", "w"], ["y"])], {"w": W.astype(np.uint8)}, X, Y), "numbers of kind 2"),
        (model([node("Conv", ["x", "w"], ["y"])], {"w": W * np.nan}, X, Y), "NaN"),
        (model([node("Conv", ["x", "w"], ["y"])], {"w": W * np.inf}, X, Y), "infinite"),
        (model([node("Conv", ["x", "x"], ["y"])], {"w": W}, X, Y), "must be constant"),
        (model([node("Conv", ["x"], ["y"])], {"w": W}, X, Y), "constant float32 weights"),
        (model([node("Relu", [], ["y"])], {}, X, Y), "no input number 1"),
        (model([node("Relu", ["x"], [])], {}, X, Y), "makes nothing"),
        (model([node("Relu", ["x"], ["y", "z"])], {}, X, Y), "makes 2 tensors"),
        (model([node("Concat", ["x", "w"], ["y"], axis=1)], {"w": W}, X, Y), "do not fit"),
        (model([node("Concat", ["x"], ["y"], axis=9)], {}, X, Y), "axis 9"),
        (model([node("Reshape", ["x", "s"], ["y"])], {"s": np.array([7, -1])}, X, Y), "does not fit"),
        (model([node("Reshape", ["x", "s"], ["y"])], {"s": np.array([-3072, -1])}, X, Y), "does not fit"),
        (model([node("Reshape", ["x", "s"], ["y"])], {"s": np.array([-3, -4, 256])}, X, Y), "a tensor of (-3, -4"),
        (model([node("Transpose", ["x"], ["y"], perm=[0, 1, 1, 3])], {}, X, Y), "order"),
        (model([node("Slice", ["x"], ["y"], starts=[9], ends=[3], axes=[2])], {}, X, Y, 9), "without numbers"),
        (model([node("Split", ["x"], ["y", "z"], split=[1, 9], axis=1)], {}, X, Y, 11), "does not fit"),
        (model([node("Gather", ["x", "i"], ["y"])], {"i": np.array([5])}, X, Y), "axis 5"),
        (model([node("Resize", ["x"], ["y"], mode="cubic", scales=[1.0, 1.0, 2.0, 2.0])], {}, X, Y), "by cubic"),
        (model([node("Cast", ["x"], ["y"], to=7)], {}, X, Y), "must be constant"),
        (model([CONV], {"w": W}, X, Y, graph_extra=piece(11, value_info("i", (1,), kind=7))), "not float32"),
        (model([CONV], {"w": W}, X, Y, graph_extra=piece(15, b"")), "sparse"),
        (model([CONV], {"w": W}, X, Y, extra=piece(25, b"")), "functions"),
        (model([CONV + piece(5, piece(1, "body") + piece(6, b""))], {"w": W}, X, Y), "If, Loop or Scan"),
        (model([node("Conv", ["x" * 600, "w"], ["y"])], {"w": W}, X, Y), "longer than 512"),
        (model([node("Conv", ["x"] * 65, ["y"])], {"w": W}, X, Y), "more than 64"),
        (model([CONV], {"w": W}, {f"x{at}": (1,) for at in range(65)}, Y), "more than 64"),
    ],
)
def test_it_is_refused_with_what_is_wrong(data, says):
    assert says in words(data)


def test_weights_in_another_file_are_refused_and_the_file_is_not_opened(tmp_path, monkeypatch):
    outside = number(14, 1) + piece(13, piece(1, "location") + piece(2, "/etc/passwd"))
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(str(path)) or real(path, *rest))
    for extra in (outside, number(14, 1), piece(13, b"")):
        data = model([CONV], {}, X, Y, graph_extra=piece(5, tensor("w", W, extra)))
        path = tmp_path / "far.onnx"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text("a\nb\n")
        with pytest.raises(PetcamError, match=r"far\.onnx: .*another file, which petcam never opens"):
            load_model(path)
    assert not [path for path in opened if "passwd" in path]


def test_unknown_operators_are_named_with_those_that_are_known():
    said = words(model([node("Einsum", ["x"], ["a"]), node("Nms", ["a"], ["y"], domain="evil")], {}, X, Y))
    assert "'Einsum'" in said and "'evil.Nms'" in said and "onnxruntime" in said and "MaxPool, Mul" in said


@pytest.mark.parametrize("dims", [(2**62, 2), (-1,), (2**31, 2**31, 2**31), (1 << 25,)])
def test_a_tensor_that_says_it_is_huge_is_refused_before_anything_is_reserved(dims):
    raw = b"".join(number(1, size) for size in dims) + number(2, 1) + piece(8, "w") + piece(9, b"1234")
    tracemalloc.start()
    try:
        assert "numbers are the most" in words(model([CONV], {}, X, Y, graph_extra=piece(5, raw)))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_graph_that_would_need_much_memory_is_refused_before_anything_is_reserved():
    weights = {"s": np.array([1, 1, 50, 50], np.float32)}
    grown = node("Resize", ["x", "", "s"], ["e0"], mode="nearest")
    large = model([grown, node("Concat", ["e0", "e0"], ["y"], axis=1)], weights, X, {"y": (1, 6, 1600, 1600)})
    nodes = [grown, *(node("Exp", [f"e{at}"], [f"e{at + 1}"]) for at in range(9))]
    nodes += [node("Add", ["e0", "e9"], ["f0"])]
    nodes += [node("Add", [f"f{at}", f"e{at + 1}"], [f"f{at + 1}"]) for at in range(8)]
    many = model(nodes, weights, X, {"f8": (1, 3, 1600, 1600)})
    tracemalloc.start()
    try:
        assert "tensor of (1, 6, 1600, 1600)" in words(large)
        assert "256 MiB" in words(many)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_graph_that_would_take_very_many_steps_is_refused():
    w, side = np.ones((1, 1, 3, 3), np.float32), 1024
    nodes = [node("Conv", ["x" if not at else f"a{at}", "w"], [f"a{at + 1}"], pads=[1] * 4) for at in range(300)]
    data = model(nodes, {"w": w}, {"x": (1, 1, side, side)}, {"a300": (1, 1, side, side)})
    assert "30000 steps" in words(data)


def test_a_graph_that_would_take_long_is_refused():
    w = np.zeros((24, 24, 13, 13), np.float32)
    nodes = [node("Conv", ["x", "v"], ["a0"])]
    nodes += [node("Conv", [f"a{at}", "w"], [f"a{at + 1}"], pads=[6, 6, 6, 6]) for at in range(2)]
    data = model(
        nodes, {"v": np.zeros((24, 3, 1, 1), np.float32), "w": w}, {"x": (1, 3, 512, 512)}, {"a2": (1, 24, 512, 512)}
    )
    assert "multiply-adds" in words(data)


def test_constants_that_grow_when_they_are_computed_are_refused():
    nodes = [node("Concat", [f"c{at}"] * 60, [f"c{at + 1}"], axis=0) for at in range(3)]
    nodes += [node("Exp", [f"c{at}"], [f"c{at + 1}"]) for at in (3, 4)] + [node("Add", ["x", "c5"], ["y"])]
    assert "constant numbers" in words(model(nodes, {"c0": np.zeros(10, np.float32)}, X, Y))


def test_too_many_of_anything_are_refused():
    assert f"{onnx_file.NODES} operators" in words(model([CONV] * (onnx_file.NODES + 1), {"w": W}, X, Y))
    many = {f"w{at}": W for at in range(onnx_file.TENSORS + 1)}
    assert f"{onnx_file.TENSORS} tensors" in words(model([CONV], many, X, Y))
    assert f"{wire.FIELDS} fields" in words(number(3, 0) * (wire.FIELDS + 1))


@pytest.mark.parametrize("make", ["missing", "folder", "fifo", "empty", "large"])
def test_what_is_no_file_of_a_model_is_refused(tmp_path, make):
    path = tmp_path / "pets.onnx"
    if make == "folder":
        path.mkdir()
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "empty":
        path.touch()
    elif make == "large":
        with open(path, "wb") as file:
            file.truncate((64 << 20) + 1)
    with pytest.raises(PetcamError, match=r"pets\.onnx: it ") as refused:
        load_model(path)
    assert refused.value.code is Code.BAD_MODEL


SMALL = model(
    [
        node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Clip", ["a"], ["b"], min=0.0, max=6.0),
        node("Conv", ["b", "d"], ["c"], group=2, pads=[1, 1, 1, 1]),
        node("Reshape", ["c", "s"], ["r"]),
        node("Transpose", ["r"], ["t"], perm=[0, 2, 1]),
        node("Slice", ["t"], ["u"], starts=[0], ends=[9], axes=[1]),
        node("Concat", ["u", "t"], ["y"], axis=1),
    ],
    {
        "w": np.ones((2, 3, 3, 3), np.float32),
        "d": np.ones((2, 1, 3, 3), np.float32),
        "s": np.array([1, 2, 64], np.int64),
    },
    {"x": (1, 3, 16, 16)},
    {"y": (1, 73, 2)},
    opset=9,
)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_file_with_wrong_bits_is_run_or_refused_and_nothing_else(data):
    raw = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 1)) and data.draw(st.integers(1, len(raw)))
    try:
        runtime = runtime_of(bytes(raw[:cut] if cut else raw))
    except PetcamError as error:
        assert error.code is Code.BAD_MODEL
    else:
        runtime.run()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused(raw):
    if raw:
        words(raw)
