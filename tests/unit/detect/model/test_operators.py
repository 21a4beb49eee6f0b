"""Each operator but convolutions against plain loops or the words of its description."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.onnx_files import node
from tests.unit.detect.model import naive
from tests.unit.detect.model.running import run

NEAR = {"rtol": 1e-5, "atol": 1e-5}
X = (np.random.default_rng(7).standard_normal((1, 3, 5, 4)) * 3).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


@pytest.mark.parametrize(
    "kind, attributes, wanted",
    [
        ("Relu", {}, np.maximum(X, 0)),
        ("LeakyRelu", {"alpha": 0.1}, np.where(X < 0, 0.1 * X, X)),
        ("LeakyRelu", {}, np.where(X < 0, 0.01 * X, X)),
        ("Sigmoid", {}, sigmoid(X)),
        ("HardSigmoid", {}, np.clip(0.2 * X + 0.5, 0, 1)),
        ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}, np.clip(0.3 * X + 0.4, 0, 1)),
        ("HardSwish", {}, X * np.clip(X / 6 + 0.5, 0, 1)),
        ("Exp", {}, np.exp(X)),
        ("Sqrt", {}, np.where(X < 0, np.nan, np.abs(X) ** 0.5)),
        ("Tanh", {}, np.tanh(X)),
        ("Identity", {}, X),
        ("Dropout", {}, X),
        ("Transpose", {"perm": [0, 2, 3, 1]}, X.transpose(0, 2, 3, 1)),
        ("Transpose", {}, X.transpose()),
        ("Flatten", {}, X.reshape(1, 60)),
        ("Flatten", {"axis": 3}, X.reshape(15, 4)),
        ("Flatten", {"axis": 4}, X.reshape(60, 1)),
        ("Flatten", {"axis": -1}, X.reshape(15, 4)),
        ("GlobalAveragePool", {}, X.mean((2, 3), keepdims=True)),
    ],
)
def test_an_operator_of_one_tensor_does_what_it_says(kind, attributes, wanted):
    found = run([node(kind, ["x"], ["y"], **attributes)], {}, X, wanted.shape)
    assert np.allclose(found, wanted, equal_nan=True, **NEAR)


def test_a_sigmoid_of_far_numbers_is_nought_or_one():
    x = np.array([[-1e30, -100, 100, 1e30]], np.float32)
    assert np.allclose(run([node("Sigmoid", ["x"], ["y"])], {}, x, x.shape), [[0, 0, 1, 1]])


@pytest.mark.parametrize("low, high", [(-1.0, 2.0), (None, 2.0), (-1.0, None), (None, None)])
def test_clip_takes_its_bounds_as_attributes_or_as_inputs(low, high):
    wanted = np.clip(X, -np.inf if low is None else low, np.inf if high is None else high)
    given = {name: bound for name, bound in (("min", low), ("max", high)) if bound is not None}
    assert np.allclose(run([node("Clip", ["x"], ["y"], **given)], {}, X, X.shape, opset=10), wanted)
    names = ["x", *(name if name in given else "" for name in ("min", "max"))]
    weights = {name: np.array(bound, np.float32) for name, bound in given.items()}
    assert np.allclose(run([node("Clip", names, ["y"])], weights, X, X.shape), wanted)


@pytest.mark.parametrize(
    "kind, does", [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide)]
)
@pytest.mark.parametrize("other", [(1, 3, 5, 4), (3, 1, 1), (4,), (), (1, 1, 5, 1), (2, 3, 1, 4)])
def test_arithmetic_spreads_the_smaller_tensor(kind, does, other):
    b = np.random.default_rng(3).standard_normal(other).astype(np.float32)
    for names, wanted in ((["x", "b"], does(X, b)), (["b", "x"], does(b, X))):
        assert np.allclose(run([node(kind, names, ["y"])], {"b": b}, X, wanted.shape), wanted, **NEAR)


def test_batch_normalization_is_a_factor_and_an_offset():
    scale, offset, mean, variance = np.random.default_rng(1).random((4, 3)).astype(np.float32)
    wide = (3, 1, 1)
    wanted = (X - mean.reshape(wide)) / np.sqrt(variance + 1e-3).reshape(wide) * scale.reshape(wide) + offset.reshape(
        wide
    )
    weights = {"s": scale, "b": offset, "m": mean, "v": variance}
    found = run([node("BatchNormalization", ["x", *weights], ["y"], epsilon=1e-3)], weights, X, X.shape)
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-4)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["max", "average"]),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(*[st.integers(0, 2)] * 4),
    st.integers(0, 1),
    st.integers(0, 1),
    st.tuples(st.integers(4, 9), st.integers(4, 9)),
)
def test_a_pool_agrees_with_plain_loops(how, kernel, strides, pads, ceil_mode, include, size):
    assume(all(pad < side for pad, side in zip(pads, kernel * 2, strict=True)))  # each window sees the picture
    x = np.random.default_rng(0).standard_normal((1, 2, *size)).astype(np.float32)
    counting = {"count_include_pad": include} if how == "average" else {}
    wanted = naive.pool(x, how, kernel, strides, pads, ceil_mode, **counting)
    lists = {"kernel_shape": list(kernel), "strides": list(strides), "pads": list(pads), "ceil_mode": ceil_mode}
    kind = "MaxPool" if how == "max" else "AveragePool"
    found = run([node(kind, ["x"], ["y"], **lists, **counting)], {}, x, wanted.shape)
    assert np.allclose(found, wanted, **NEAR)


@pytest.mark.parametrize("opset, axis, axes", [(13, -1, 3), (13, 1, 1), (11, 1, (1, 2, 3)), (11, 3, 3)])
def test_softmax_is_over_one_dimension_or_in_old_files_over_all_behind_it(opset, axis, axes):
    part = np.exp(X.astype(np.float64))
    wanted = part / part.sum(axes, keepdims=True)
    found = run([node("Softmax", ["x"], ["y"], axis=axis)], {}, X, X.shape, opset)
    assert np.allclose(found, wanted, **NEAR)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"]),
    st.sampled_from(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 4])),
)
def test_resize_takes_the_nearest_pixel_by_each_of_its_rules(rule, rounding, size, factors):
    x = np.arange(size[0] * size[1], dtype=np.float32).reshape(1, 1, *size)
    after = [one * factor for one, factor in zip(size, factors, strict=True)]
    rows, columns = (naive.nearest(size[at], after[at], rule, rounding) for at in (0, 1))
    wanted = x[:, :, rows][:, :, :, columns]
    how = {"mode": "nearest", "coordinate_transformation_mode": rule, "nearest_mode": rounding}
    scales, sizes = np.array([1, 1, *factors], np.float32), np.array([1, 1, *after], np.int64)
    by_scale = run([node("Resize", ["x", "", "s"], ["y"], **how)], {"s": scales}, x, wanted.shape)
    by_size = run([node("Resize", ["x", "", "", "s"], ["y"], **how)], {"s": sizes}, x, wanted.shape)
    assert np.array_equal(by_scale, wanted) and np.array_equal(by_size, wanted)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"]),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_resize_lies_between_two_pixels_where_it_is_linear(rule, before, after):
    x = np.random.default_rng(0).standard_normal((1, 2, *before)).astype(np.float32)
    wanted = naive.linear(x, after, rule)
    sizes = np.array([1, 2, *after], np.int64)
    how = {"mode": "linear", "coordinate_transformation_mode": rule}
    found = run([node("Resize", ["x", "", "", "s"], ["y"], **how)], {"s": sizes}, x, wanted.shape)
    assert np.allclose(found, wanted, **NEAR)


@pytest.mark.parametrize("kind, opset", [("Upsample", 9), ("Resize", 10)])
def test_old_ways_to_enlarge_a_picture_repeat_its_pixels(kind, opset):
    wanted = X.repeat(2, 2).repeat(3, 3)
    scales = np.array([1, 1, 2, 3], np.float32)
    found = run([node(kind, ["x", "s"], ["y"], mode="nearest")], {"s": scales}, X, wanted.shape, opset)
    assert np.array_equal(found, wanted)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_slice_takes_what_python_would(data):
    places: dict[str, list[int]] = {"starts": [], "ends": [], "axes": [], "steps": []}
    part = [slice(None)] * 4
    for axis in data.draw(st.permutations([1, 2, 3]))[:2]:
        size = X.shape[axis]
        step = data.draw(st.sampled_from([1, 2, -1, -2]))
        first = data.draw(st.integers(0, size - 1))
        last = data.draw(st.integers(first + 1, size) if step > 0 else st.integers(-1, first - 1))
        part[axis] = slice(first, None if last < 0 else last, step)
        far = {size: [size, 2**31 - 1, 2**63 - 1], -1: [-size - 1, -(2**31)]}.get(last, [last, last - size])
        named = (data.draw(st.sampled_from([first, first - size])), data.draw(st.sampled_from(far)), axis, step)
        for name, value in zip(places, named, strict=True):
            places[name].append(value)
    wanted = X[tuple(part)]
    weights = {name: np.array(values, np.int64) for name, values in places.items()}
    assert np.array_equal(run([node("Slice", ["x", *weights], ["y"])], weights, X, wanted.shape), wanted)


def test_an_old_slice_has_its_places_as_attributes():
    found = run([node("Slice", ["x"], ["y"], starts=[1, 0], ends=[3, -1], axes=[2, 3])], {}, X, (1, 3, 2, 3), 9)
    assert np.array_equal(found, X[:, :, 1:3, 0:-1])


@pytest.mark.parametrize("opset", [11, 13])
def test_a_tensor_is_split_and_joined_again(opset):
    sizes = [2, 3]
    split = {"split": sizes} if opset == 11 else {}
    names = ["x"] if opset == 11 else ["x", "sizes"]
    nodes = [
        node("Split", names, ["a", "b"], axis=-2, **split),
        node("Concat", ["b", "a", "b"], ["y"], axis=2),
    ]
    weights = {} if opset == 11 else {"sizes": np.array(sizes, np.int64)}
    wanted = np.concatenate([X[:, :, 2:], X[:, :, :2], X[:, :, 2:]], 2)
    assert np.array_equal(run(nodes, weights, X, wanted.shape, opset), wanted)


def test_a_split_without_sizes_makes_equal_parts():
    nodes = [node("Split", ["x"], ["a", "b"], axis=3), node("Sub", ["a", "b"], ["y"])]
    assert np.allclose(run(nodes, {}, X, (1, 3, 5, 2)), X[..., :2] - X[..., 2:])


def test_dimensions_of_one_go_and_come():
    axes = np.array([0, -1], np.int64)
    nodes = [
        node("Unsqueeze", ["x", "axes"], ["a"]),
        node("Squeeze", ["a", "first"], ["b"]),
        node("Squeeze", ["b"], ["y"]),
    ]
    assert np.array_equal(run(nodes, {"axes": axes, "first": np.array([0], np.int64)}, X, (3, 5, 4)), X[0])
    nodes = [node("Unsqueeze", ["x"], ["a"], axes=[4]), node("Squeeze", ["a"], ["y"], axes=[0, 4])]
    assert np.array_equal(run(nodes, {}, X, (3, 5, 4), 11), X[0])


def test_a_shape_may_be_computed_from_constants_as_exporters_do():
    """Shape, Gather, Unsqueeze, Concat, Cast and arithmetic of integers are done once, when planning."""
    nodes = [
        node("Shape", ["x"], ["all"]),
        node("Gather", ["all", "one"], ["channels"]),
        node("Unsqueeze", ["channels", "nought"], ["listed"]),
        node("Constant", [], ["rest"], value=np.array([-1], np.int64)),
        node("Mul", ["rest", "unit"], ["rest2"]),
        node("Cast", ["rest2"], ["rest3"], to=7),
        node("Concat", ["listed", "rest3"], ["shape"], axis=0),
        node("Reshape", ["x", "shape"], ["y"]),
    ]
    weights = {"one": np.array(1, np.int64), "nought": np.array([0], np.int64), "unit": np.array([1], np.int64)}
    assert np.array_equal(run(nodes, weights, X, (3, 20)), X.reshape(3, 20))


def test_half_weights_are_cast_once():
    half = np.array([0.5, 2, -3, 1], np.float16)
    nodes = [node("Cast", ["h"], ["w"], to=1), node("Mul", ["x", "w"], ["y"])]
    assert np.allclose(run(nodes, {"h": half}, X, X.shape), X * half.astype(np.float32))


def test_reshape_keeps_a_dimension_that_is_nought():
    assert run([node("Reshape", ["x", "s"], ["y"])], {"s": np.array([0, 0, -1], np.int64)}, X, (1, 3, 20)).shape == (
        1,
        3,
        20,
    )
