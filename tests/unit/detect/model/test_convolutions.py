"""Convolutions, alone and in blocks, against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petcam.detect.model import block, dense, product
from tests.onnx_files import model, node
from tests.unit.detect.model import naive
from tests.unit.detect.model.running import outputs_of, run

NEAR = {"rtol": 1e-4, "atol": 1e-4}


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.fixture(autouse=True)
def small_strips(monkeypatch):
    """So that pictures of a test have several."""
    monkeypatch.setattr(product, "STRIP_BYTES", 512)
    monkeypatch.setattr(product, "STRIP_ROWS", 2)
    monkeypatch.setattr(product, "PIECE_BYTES", 64)
    monkeypatch.setattr(product, "JOINED", 40)
    assert block.rows_at_once is dense.rows_at_once is product.rows_at_once


@st.composite
def windows(draw, least=1):
    """Sizes of a picture, and of a window that fits into it."""
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    pads = draw(st.tuples(*[st.integers(0, 2)] * 4))
    dilations = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (2, 3)]))
    need = [dilation * (side - 1) + 1 for dilation, side in zip(dilations, kernel, strict=True)]
    height = draw(st.integers(max(need[0] - pads[0] - pads[2], least), 14))
    width = draw(st.integers(max(need[1] - pads[1] - pads[3], least), 14))
    strides = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return {"height": height, "width": width}, {
        "kernel": kernel,
        "strides": strides,
        "pads": pads,
        "dilations": dilations,
    }


@settings(max_examples=150, deadline=None)
@given(windows(), st.sampled_from([(1, 1), (3, 1), (4, 2), (4, 4), (6, 3)]), st.integers(1, 3), st.integers(0, 99))
def test_a_convolution_of_any_window_and_groups_agrees_with_plain_loops(sizes_and_window, channels, multiple, seed):
    sizes, window = sizes_and_window
    kernel = window.pop("kernel")
    before, groups = channels
    after = groups * multiple
    x = numbers(seed, 1, before, sizes["height"], sizes["width"])
    w, b = numbers(seed + 1, after, before // groups, *kernel), numbers(seed + 2, after)
    wanted = naive.conv(x, w, b, group=groups, **window)
    lists = {name: list(pair) for name, pair in window.items()}
    made = node("Conv", ["x", "w", "b"], ["y"], group=groups, kernel_shape=list(kernel), **lists)
    assert np.allclose(run([made], {"w": w, "b": b}, x, wanted.shape), wanted, **NEAR)


@settings(max_examples=150, deadline=None)
@given(
    windows(least=2),
    st.sampled_from(["pw", "dw", "wp", "pwp", "dwp"]),
    st.sampled_from(["none", "add", "add and activation"]),
    st.integers(0, 99),
)
def test_a_block_agrees_with_its_convolutions_one_by_one(sizes_and_window, kinds, ending, seed):
    sizes, window = sizes_and_window
    strides, pads = window["strides"], window["pads"]
    x = numbers(seed, 1, 3, sizes["height"], sizes["width"])
    nodes, weights, wanted, name = [], {}, x, "x"
    for at, kind in enumerate(kinds):
        channels = wanted.shape[1]
        after = channels if kind == "w" else 5 - at
        kernel = {"p": (1, 1), "d": (3, 2), "w": window["kernel"]}[kind]
        how = {"strides": (1, 1), "pads": (0, 0, 0, 0)}
        if kind == "w":
            how = {"strides": strides, "pads": pads, "group": channels}
        elif kind == "d":
            how = {"strides": (1, 2), "pads": (2, 1, 1, 1)}
        seen = [wanted.shape[2 + one] + how["pads"][one] + how["pads"][one + 2] for one in (0, 1)]
        kernel = tuple(min(side, size) for side, size in zip(kernel, seen, strict=True))
        w = numbers(seed + at, after, 1 if kind == "w" else channels, *kernel)
        b = numbers(seed + at + 9, after)
        wanted = np.clip(naive.conv(wanted, w, b, **how), -0.5, 1.5)
        weights |= {f"w{at}": w, f"b{at}": b}
        listed = {key: list(pair) if isinstance(pair, tuple) else pair for key, pair in how.items()}
        nodes.append(node("Conv", [name, f"w{at}", f"b{at}"], [f"c{at}"], **listed))
        nodes.append(node("Clip", [f"c{at}"], [f"a{at}"], min=-0.5, max=1.5))
        name = f"a{at}"
    if ending != "none":
        other = numbers(seed + 20, 1, *wanted.shape[1:])
        weights["other"] = other
        nodes.append(node("Add", [name, "other"], ["sum"]))
        wanted, name = wanted + other, "sum"
    if ending == "add and activation":
        nodes.append(node("Relu", [name], ["last"]))
        wanted, name = np.maximum(wanted, 0), "last"
    nodes.append(node("Identity", [name], ["y"]))
    assert np.allclose(run(nodes, weights, x, wanted.shape, opset=10), wanted, **NEAR)


def test_a_block_adds_what_it_began_with_and_others_may_take_that_too():
    x, w, deep, last = numbers(1, 1, 2, 9, 7), numbers(2, 4, 2, 1, 1), numbers(3, 4, 1, 3, 3), numbers(4, 2, 4, 1, 1)
    nodes = [
        node("Conv", ["x", "first"], ["a"]),
        node("Conv", ["a", "w"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("Conv", ["c", "deep"], ["d"], group=4, pads=[1, 1, 1, 1]),
        node("Conv", ["d", "last"], ["e"]),
        node("Add", ["a", "e"], ["f"]),
        node("Mul", ["f", "a"], ["y"]),
    ]
    first = numbers(5, 2, 2, 1, 1)
    weights = {"first": first, "w": w, "deep": deep, "last": last}
    none = np.zeros(4)
    a = naive.conv(x, first, none)
    d = naive.conv(np.maximum(naive.conv(a, w, none), 0), deep, none, pads=(1, 1, 1, 1), group=4)
    assert np.allclose(run(nodes, weights, x, x.shape), (a + naive.conv(d, last, none)) * a, **NEAR)


@pytest.mark.parametrize("kind", ["Sigmoid", "HardSigmoid"])
def test_an_activation_that_is_a_product_of_two_operators_is_done_with_its_convolution(kind):
    x, w = numbers(1, 1, 3, 6, 6), numbers(2, 4, 3, 3, 3)
    nodes = [node("Conv", ["x", "w"], ["a"]), node(kind, ["a"], ["b"]), node("Mul", ["a", "b"], ["y"])]
    a = naive.conv(x, w, np.zeros(4))
    gate = 1 / (1 + np.exp(-a)) if kind == "Sigmoid" else np.clip(0.2 * a + 0.5, 0, 1)
    assert np.allclose(run(nodes, {"w": w}, x, a.shape), a * gate, **NEAR)


def test_what_two_operators_take_is_not_joined_to_one_of_them():
    x, w, deep = numbers(1, 1, 2, 6, 6), numbers(2, 3, 2, 1, 1), numbers(3, 3, 1, 3, 3)
    nodes = [
        node("Conv", ["x", "w"], ["a"]),
        node("Conv", ["a", "deep"], ["b"], group=3, pads=[1, 1, 1, 1]),
        node("Relu", ["a"], ["c"]),
        node("Add", ["b", "c"], ["y"]),
    ]
    a = naive.conv(x, w, np.zeros(3))
    wanted = naive.conv(a, deep, np.zeros(3), pads=(1, 1, 1, 1), group=3) + np.maximum(a, 0)
    assert np.allclose(run(nodes, {"w": w, "deep": deep}, x, wanted.shape), wanted, **NEAR)


def test_what_the_graph_gives_or_shows_in_another_shape_is_made_though_an_activation_takes_it_too():
    x, w = numbers(1, 1, 2, 6, 6), numbers(2, 3, 2, 1, 1)
    nodes = [
        node("Conv", ["x", "w"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["x", "w"], ["c"]),
        node("Flatten", ["c"], ["d"]),
        node("Relu", ["c"], ["e"]),
    ]
    wanted = naive.conv(x, w, np.zeros(3))
    shapes = {name: wanted.shape for name in "abe"} | {"d": (1, wanted.size)}
    for name, found in zip(shapes, outputs_of(model(nodes, {"w": w}, {"x": x.shape}, shapes), x), strict=True):
        assert np.allclose(found.reshape(-1), (np.maximum(wanted, 0) if name in "be" else wanted).reshape(-1), **NEAR)


@pytest.mark.parametrize("how", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_padding_that_is_named_is_reckoned(how):
    x, w = numbers(1, 1, 2, 8, 7), numbers(2, 3, 2, 3, 3)
    pads = {"SAME_UPPER": (0, 1, 1, 1), "SAME_LOWER": (1, 1, 0, 1), "VALID": (0, 0, 0, 0)}[how]
    wanted = naive.conv(x, w, np.zeros(3), strides=(2, 2), pads=pads)
    made = node("Conv", ["x", "w"], ["y"], strides=[2, 2], auto_pad=how)
    assert np.allclose(run([made], {"w": w}, x, wanted.shape), wanted, **NEAR)
