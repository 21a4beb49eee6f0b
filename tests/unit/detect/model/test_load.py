"""A model by its file: what it is called, what it can say, what is found, and files that do not fit."""

import logging

import numpy as np
import pytest

from petcam.detect.model import Found, load_model
from petcam.errors import Code, PetcamError
from tests.onnx_files import model, node

SIDE = 64  # pixels of a test's model
GRIDS = (8, 4, 2)  # cells a side, for strides of 8, 16 and 32


def yolox(classes=3, bias=None, decoded=False, opened=False):
    """A file whose boxes and scores are the same for every picture but that they need one: ``bias`` of each cell."""
    wide = 5 + classes
    bias = np.zeros((wide, 84), np.float32) if bias is None else bias
    nodes, weights, names = [], {"bias": bias[None], "order": np.array([1, wide, -1])}, []
    for at, grid in enumerate(GRIDS):
        step = SIDE // grid
        weights[f"w{at}"] = np.zeros((wide, 3, step, step), np.float32)
        nodes.append(node("Conv", ["images", f"w{at}"], [f"c{at}"], strides=[step, step]))
        nodes.append(node("Reshape", [f"c{at}", "order"], [f"r{at}"]))
        names.append(f"r{at}")
    nodes += [node("Concat", names, ["all"], axis=2), node("Add", ["all", "bias"], ["sum"])]
    if decoded:
        nodes += [node("Exp", ["sum"], ["exp"]), node("Transpose", ["exp"], ["output"], perm=[0, 2, 1])]
    else:
        nodes.append(node("Transpose", ["sum"], ["output"], perm=[0, 2, 1]))
    batch = "batch" if opened else 1
    return model(
        nodes, weights, {"images": (batch, 3, SIDE, SIDE)}, {"output": (batch, "n", wide) if opened else (1, 84, wide)}
    )


@pytest.fixture
def put(tmp_path):
    def put(data, labels="person\ncat\nDog\n", name="pets"):
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(data)
        if labels is not None:
            path.with_suffix(".txt").write_bytes(labels if isinstance(labels, bytes) else labels.encode())
        return path

    return put


def one_box(at=0, score=(0.0, 0.9, 0.2), box=(0.5, 0.5, 0.0, 0.0), more=()):
    bias = np.zeros((8, 84), np.float32)
    for cell, values, where in ((at, score, box), *more):
        bias[:, cell] = [*where, 1, *values]
    return bias


PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)


def test_a_model_says_what_it_is_and_finds_what_is_there(put):
    found = load_model(put(yolox(bias=one_box())), runtime="numpy")
    assert found.name == "pets.onnx (YOLOX 64x64, numpy)" and (found.width, found.height) == (64, 64)
    assert found.classes == ("person", "cat", "dog")
    (one,) = found.find(PICTURE, 0.5)
    assert one == Found("cat", pytest.approx(0.9), 0, 0, pytest.approx(8 / 64), pytest.approx(8 / 64))


def test_what_is_found_is_within_the_picture_and_surest_first(put):
    more = [(60, (0.7, 0, 0), (0, 0, 2, 2)), (40, (0, 0.1, 0.95), (0.5, 0.5, 0, 0))]
    found = load_model(put(yolox(bias=one_box(more=more))), runtime="numpy").find(PICTURE, 0.5)
    assert [one.class_name for one in found] == ["dog", "cat", "person"]
    assert all(0 <= edge <= 1 for one in found for edge in one[2:])
    assert all(one.left < one.right and one.top < one.bottom for one in found)


def test_each_class_is_suppressed_by_itself(put):
    more = [(1, (0.0, 0.8, 0.7), (-0.5, 0.5, 0, 0))]  # where the first is
    found = load_model(put(yolox(bias=one_box(more=more))), runtime="numpy").find(PICTURE, 0.5)
    assert [(one.class_name, round(one.score, 1)) for one in found] == [("cat", 0.9), ("dog", 0.7)]


def test_no_more_than_32_are_given(put):
    bias = one_box()
    bias[:4] = [[0.5], [0.5], [-1], [-1]]
    bias[4], bias[6, :64], bias[7, :20] = 1, np.linspace(0.5, 0.9, 64), 0.95
    found = load_model(put(yolox(bias=bias)), runtime="numpy").find(PICTURE, 0.4)
    assert [one.class_name for one in found] == ["dog"] * 20 + ["cat"] * 12


def test_only_classes_that_are_wanted_are_found(put):
    bias = one_box(score=(0.6, 0.9, 0.8))
    found = load_model(put(yolox(bias=bias)), runtime="numpy", classes=("DOG", "person", "rabbit"))
    assert found.classes == ("person", "dog")
    assert [one.class_name for one in found.find(PICTURE, 0.5)] == ["dog", "person"]


def test_a_file_that_leaves_sizes_open_is_closed_for_one_picture(put):
    found = load_model(put(yolox(bias=one_box(), opened=True)), runtime="numpy")
    assert len(found.find(PICTURE, 0.5)) == 1


def test_boxes_that_the_graph_decodes_are_taken_as_they_are(put):
    bias = np.full((8, 84), -9, np.float32)
    bias[:, 0] = np.log([32, 16, 32, 16, 1, 0.1, 0.2, 0.8])
    (one,) = load_model(put(yolox(bias=bias, decoded=True)), runtime="numpy").find(PICTURE, 0.5)
    assert one == Found("dog", *(pytest.approx(n, abs=1e-6) for n in (0.8, 0.25, 0.125, 0.75, 0.375)))


@pytest.mark.parametrize("nonsense", [np.nan, np.inf])
def test_outputs_that_are_no_numbers_are_nothing_found_and_said_once(put, caplog, nonsense):
    found = load_model(put(yolox(bias=one_box())), runtime="numpy")
    found._runtime._actions.append(lambda: found._runtime._outputs[0].fill(nonsense))
    with caplog.at_level(logging.WARNING):
        assert found.find(PICTURE, 0.5) == [] and found.find(PICTURE, 0.5) == []
    assert len(caplog.records) == 1 and "pets.onnx" in caplog.text


@pytest.mark.parametrize("picture", [PICTURE[:-1], PICTURE.astype(np.float32), PICTURE[:, :, :2]])
def test_a_picture_of_another_size_or_kind_is_a_mistake_of_the_caller(put, picture):
    with pytest.raises(ValueError, match=r"pets\.onnx"):
        load_model(put(yolox()), runtime="numpy").find(picture, 0.5)


@pytest.mark.parametrize(
    "labels, says",
    [
        (None, r"pets\.txt cannot be read .*class name a line"),
        ("cat\ndog\n", "has 2 names, the model 3 scores"),
        ("a\nb\nc\nd\n", "has 4 names, the model 3 scores"),
        ("a\n\nc\n", "line 2"),
        ("a\nb\n" + "c" * 33, "line 3"),
        ("a\nb\n" + "ね" * 11, "line 3"),
        ("a\nb\nc\x1b[31m\n", "line 3"),
        (b"a\nb\n\xff\n", "not UTF-8"),
        ("a\n" * 1001, "more than 1000"),
        ("a\n" * 40000, "larger than"),
    ],
)
def test_labels_that_do_not_fit_are_refused(put, labels, says):
    with pytest.raises(PetcamError, match=says) as refused:
        load_model(put(yolox(), labels), runtime="numpy")
    assert refused.value.code is Code.BAD_MODEL and "pets.onnx: " in refused.value.message


def test_labels_may_be_in_any_language_and_end_without_a_line_break(put):
    assert load_model(put(yolox(), "人\n猫\r\n犬"), runtime="numpy").classes == ("人", "猫", "犬")


def test_classes_that_it_does_not_know_are_refused_with_those_it_knows(put):
    with pytest.raises(PetcamError, match="knows none of rabbit; it knows person, cat, dog"):
        load_model(put(yolox()), runtime="numpy", classes=["Rabbit"])


def test_a_runtime_that_there_is_not_is_refused_with_those_there_are(put):
    with pytest.raises(PetcamError, match="auto, numpy, onnxruntime"):
        load_model(put(yolox()), runtime="tensorflow")


def test_without_onnxruntime_numpy_runs_the_model_unless_it_was_named(put, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    assert load_model(put(yolox())).name.endswith("numpy)")
    with pytest.raises(PetcamError, match="onnxruntime is not installed"):
        load_model(put(yolox()), runtime="onnxruntime")


@pytest.mark.parametrize(
    "inputs, outputs, says",
    [
        ({"x": (1, 3, 64, 64), "z": (1, 3, 64, 64)}, {"y": (1, 3, 64, 64)}, "has 2 inputs"),
        ({"x": (2, 3, 64, 64)}, {"y": (2, 3, 64, 64)}, "for one picture of a fixed size"),
        ({"x": (1, 3, "h", "w")}, {"y": (1, 3, "h", "w")}, "for one picture of a fixed size"),
        ({"x": (1, 3, 16, 64)}, {"y": (1, 3, 16, 64)}, "of 32 to 1280 pixels"),
        ({"x": (1, 1, 64, 64)}, {"y": (1, 1, 64, 64)}, "for one picture of a fixed size"),
        ({"x": (1, 3, 64, 64)}, {"y": (1, 3, 64, 64)}, r"its outputs \(1x3x64x64 for a picture of 64x64\)"),
        ({"x": (1, 3, 64, 64)}, {}, "no outputs"),
    ],
)
def test_inputs_and_outputs_of_no_known_detector_are_refused(put, inputs, outputs, says):
    with pytest.raises(PetcamError, match=says):
        load_model(put(model([node("Relu", ["x"], ["y"])], {}, inputs, outputs)), runtime="numpy")


@pytest.mark.parametrize("bins", [8, 11])
def test_one_table_is_yolox_or_nanodet_by_how_many_labels_it_has(put, bins):
    wide = 4 * bins + 2
    data = yolox(classes=wide - 5)
    names = "\n".join(f"n{at}" for at in range(wide - 5))
    assert "YOLOX" in load_model(put(data, names), runtime="numpy").name
    assert "NanoDet" in load_model(put(data, "cat\ndog\n"), runtime="numpy").name


def test_nanodet_with_two_outputs_a_grid_is_known_whatever_their_order(put):
    nodes, weights, outputs = [], {}, {}
    for grid in GRIDS:
        step = SIDE // grid
        for kind, wide in (("reach", 32), ("score", 2)):
            weights[f"{kind}{grid}"] = np.zeros((wide, 3, step, step), np.float32)
            weights[f"to{kind}{grid}"] = np.array([1, wide, -1])
            nodes += [
                node("Conv", ["x", f"{kind}{grid}"], [f"{kind}c{grid}"], strides=[step, step]),
                node("Reshape", [f"{kind}c{grid}", f"to{kind}{grid}"], [f"{kind}r{grid}"]),
                node("Transpose", [f"{kind}r{grid}"], [f"{kind}t{grid}"], perm=[0, 2, 1]),
            ]
            outputs[f"{kind}t{grid}"] = (1, grid * grid, wide)
    found = load_model(put(model(nodes, weights, {"x": (1, 3, SIDE, SIDE)}, outputs), "cat\ndog\n"), runtime="numpy")
    assert "NanoDet" in found.name
    boxes = found.find(PICTURE, 0.5)  # logits of 0 are scores of a half, everywhere
    assert boxes and boxes[0].score == pytest.approx(0.5)


def test_onnxruntime_gives_what_numpy_gives(put):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: its runtime is not tested")
    path = put(yolox(bias=one_box()))
    (ours,), (theirs,) = (load_model(path, runtime=name).find(PICTURE, 0.5) for name in ("numpy", "onnxruntime"))
    assert ours.class_name == theirs.class_name and np.allclose(ours[1:], theirs[1:], atol=1e-5)
    assert load_model(path).name.endswith("onnxruntime)")


def test_onnxruntime_is_not_given_what_was_not_read_through(put):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: its runtime is not tested")
    with pytest.raises(PetcamError, match="onnxruntime refuses it"):
        load_model(put(yolox().replace(b"Transpose", b"Transpoze")), runtime="onnxruntime")
