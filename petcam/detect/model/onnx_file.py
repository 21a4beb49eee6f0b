"""Reads an ONNX file: the graph, its weights, what goes in and what comes out. Nothing in it is ever executed.

Weights of float32 are views of the file's bytes. Bounds are below; what is beyond one, damaged, or of a kind that
petcam does not run is refused (``BAD_MODEL``). The numbers of fields are those of ONNX's ``onnx.proto``.
"""

import math
from collections.abc import Callable

import numpy as np

from petcam.detect.model.graph import Array, Attribute, Graph, Node, Shape
from petcam.detect.model.refusal import refusal, shown
from petcam.detect.model.wire import Budget, Message, inner, integers, signed, whole

NODES = 2048
TENSORS = 4096
INPUTS = 64  # or outputs, of one operator or of the graph
ATTRIBUTES = 32  # of one operator
NUMBERS = 4096  # of one attribute, or of a tensor whose numbers are not in one piece of bytes
RANK = 8
ELEMENTS = 16 << 20  # of one tensor
NAME_BYTES = 512
IR_VERSIONS = range(3, 20)
OPSETS = range(7, 26)

FLOAT32, INT32, INT64, FLOAT16, FLOAT64 = 1, 6, 7, 10, 11  # TensorProto.DataType
DTYPES = {FLOAT32: "<f4", INT32: "<i4", INT64: "<i8", FLOAT16: "<f2", FLOAT64: "<f8"}
FORGET_BYTES = 1 << 20
FINITE_AT_ONCE = 1 << 16  # numbers looked at in one go, so that the looking needs little memory


def read_graph(data: memoryview, forget: Callable[[], None]) -> Graph:
    """The graph in an ONNX file's bytes. ``forget`` is called when many of them were read. Raises ``BAD_MODEL``."""
    graph, body, version = Graph(), None, 0
    for number, value in Message(data, Budget()).fields():
        if number == 1:
            version = whole(value)
        elif number == 7 and body is None:
            body = inner(value)
        elif number == 8:
            graph.opset = max(graph.opset, _opset(inner(value)))
        elif number in (7, 20, 25):
            raise refusal("it has functions, training or several graphs; export the plain graph for inference")
    if version not in IR_VERSIONS or body is None:
        raise refusal("it is no ONNX file, or one of another time; name the .onnx file that a detector was exported to")
    if graph.opset not in OPSETS:
        raise refusal(f"its opset is {graph.opset}; export it with opset {OPSETS[0]} to {OPSETS[-1]}")
    _read_body(body, graph, forget)
    forget()
    return graph


def _opset(message: Message) -> int:
    domain, version = "", 0
    for number, value in message.fields():
        if number == 1:
            domain = inner(value).text(NAME_BYTES)
        elif number == 2:
            version = whole(value)
    return version if domain in ("", "ai.onnx") else 0


def _read_body(body: Message, graph: Graph, forget: Callable[[], None]) -> None:
    ins: list[tuple[str, int, Shape]] = []
    outs: list[tuple[str, int, Shape]] = []
    read = 0
    for number, value in body.fields():
        if number == 1:
            graph.nodes.append(_node(inner(value)))
            _bound("operators", len(graph.nodes), NODES)
        elif number == 5:
            _add_weights(graph, *_tensor(inner(value)))
            read += len(inner(value).raw)
            if read > FORGET_BYTES:
                forget()
                read = 0
        elif number == 11:
            ins.append(_value_info(inner(value)))
        elif number == 12:
            outs.append(_value_info(inner(value)))
        elif number == 15:
            raise refusal("it has sparse weights; export it with dense ones")
    ins = [one for one in ins if one[0] not in graph.weights]  # files of IR version 3 list weights as inputs, too
    graph.inputs, graph.outputs = _float32_only(ins), _float32_only(outs)


def _add_weights(graph: Graph, name: str, numbers: Array) -> None:
    if not name or name in graph.weights:
        raise refusal(f"two of its tensors are called {shown(name)}; it is damaged")
    graph.weights[name] = numbers
    _bound("tensors", len(graph.weights), TENSORS)


def _float32_only(tensors: list[tuple[str, int, Shape]]) -> dict[str, Shape]:
    _bound("inputs or outputs", len(tensors), INPUTS)
    for name, kind, _ in tensors:
        if kind != FLOAT32:
            raise refusal(f"what goes in or comes out at {shown(name)} is not float32; export it as float32")
    return {name: shape for name, _, shape in tensors}


def _bound(what: str, count: int, most: int) -> None:
    if count > most:
        raise refusal(f"it has more than {most} {what}; a detector for a small board has fewer")


def _node(message: Message) -> Node:
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, Attribute] = {}
    kind = domain = ""
    for number, value in message.fields():
        if number == 1:
            inputs.append(inner(value).text(NAME_BYTES))
        elif number == 2:
            outputs.append(inner(value).text(NAME_BYTES))
        elif number == 4:
            kind = inner(value).text(NAME_BYTES)
        elif number == 5:
            name, attribute = _attribute(inner(value))
            attributes[name] = attribute
        elif number == 7:
            domain = inner(value).text(NAME_BYTES)
        _bound("inputs or outputs of one operator", max(len(inputs), len(outputs)), INPUTS)
        _bound("attributes of one operator", len(attributes), ATTRIBUTES)
    return Node(kind if domain in ("", "ai.onnx") else f"{domain}.{kind}", tuple(inputs), tuple(outputs), attributes)


def _attribute(message: Message) -> tuple[str, Attribute]:
    """Name and value. The kind decides which field counts, since one that is 0 or empty may be left out."""
    name, kind = "", 0
    values: dict[int, Attribute] = {1: 0.0, 2: 0, 3: ""}  # by AttributeProto.AttributeType
    floats: list[float] = []
    ints: list[int] = []
    for number, value in message.fields():
        if number == 1:
            name = inner(value).text(NAME_BYTES)
        elif number == 2:
            values[1] = inner(value).float32()
        elif number == 3:
            values[2] = signed(whole(value))
        elif number == 4:
            values[3] = bytes(inner(value).raw[:NAME_BYTES]).decode(errors="replace")
        elif number == 5:
            values[4] = _tensor(inner(value))[1]
        elif number == 7:
            floats += inner(value).float32s()[: NUMBERS + 1].tolist()
        elif number == 8:
            ints += integers(value, NUMBERS)
        elif number == 20:
            kind = whole(value)
        elif number in (6, 11):
            raise refusal("it has graphs within its graph (If, Loop or Scan); export it without")
        _bound("numbers in one attribute", max(len(ints), len(floats)), NUMBERS)
    values |= {6: floats, 7: ints}
    return name, values.get(kind, "")


def _tensor(message: Message) -> tuple[str, Array]:
    """A TensorProto's name and its numbers, of float32 a view of the file where that is possible."""
    name, kind = "", 0
    dims: list[int] = []
    raw: Message | None = None
    listed: list[Array] = []
    for number, value in message.fields():
        if number == 1:
            dims += integers(value, RANK)
            _bound("dimensions of one tensor", len(dims), RANK)
        elif number == 2:
            kind = whole(value)
        elif number == 4:
            listed.append(inner(value).float32s())
        elif number in (5, 7):
            listed.append(np.array(integers(value, NUMBERS), np.int64))
        elif number == 8:
            name = inner(value).text(NAME_BYTES)
        elif number == 9:
            raw = inner(value)
        elif number == 13 or (number == 14 and value):
            raise refusal("its weights are in another file, which petcam never opens; export it as one file")
        _bound("pieces of one tensor", len(listed), NUMBERS)
    _judge(name, kind, tuple(dims))
    numbers = _in_one_piece(kind, raw, listed)
    if numbers.size != math.prod(dims):
        raise refusal(f"the tensor {shown(name)} of shape {tuple(dims)} has {numbers.size} numbers; it is damaged")
    if not _finite(numbers):
        raise refusal(f"some weights of {shown(name)} are infinite or no numbers (NaN); it is damaged")
    return name, numbers.reshape(dims)


def _judge(name: str, kind: int, shape: Shape) -> None:
    if kind not in DTYPES:
        raise refusal(f"the tensor {shown(name)} has numbers of kind {kind}; export it with float32 weights")
    if any(size < 0 for size in shape) or math.prod(shape) > ELEMENTS:
        raise refusal(f"the tensor {shown(name)} has the shape {shape}; {ELEMENTS} numbers are the most")


def _in_one_piece(kind: int, raw: Message | None, listed: list[Array]) -> Array:
    dtype = np.dtype(DTYPES[kind])
    if raw is None:
        if kind in (FLOAT16, FLOAT64) and listed:
            raise refusal("it has numbers in a form that is not read; export it with float32 weights")
        return np.concatenate(listed).astype(dtype) if listed else np.empty(0, dtype)
    if len(raw.raw) % dtype.itemsize:
        raise refusal("a tensor's bytes are cut off; it is damaged")
    numbers = np.frombuffer(raw.raw, dtype)
    keeps = kind == FLOAT32 and numbers.flags.aligned
    return numbers if keeps else np.array(numbers)  # what is planned by must not change with the file


def _finite(numbers: Array) -> bool:
    if numbers.dtype.kind != "f":
        return True
    parts = range(0, numbers.size, FINITE_AT_ONCE)
    return all(bool(np.isfinite(numbers[at : at + FINITE_AT_ONCE]).all()) for at in parts)


def _value_info(message: Message) -> tuple[str, int, Shape]:
    """A graph input's or output's name, kind of number and shape."""
    name, kind = "", 0
    shape: Shape = ()
    for number, value in message.fields():
        if number == 1:
            name = inner(value).text(NAME_BYTES)
        elif number == 2:
            for inside, tensor in inner(value).fields():
                if inside == 1:
                    kind, shape = _tensor_type(inner(tensor))
    return name, kind, shape


def _tensor_type(message: Message) -> tuple[int, Shape]:
    kind = 0
    dims: list[int] = []
    for number, value in message.fields():
        if number == 1:
            kind = whole(value)
        elif number == 2:
            dims = [_dimension(inner(dim)) for inside, dim in inner(value).fields() if inside == 1]
            _bound("dimensions of one tensor", len(dims), RANK)
    return kind, tuple(dims)


def _dimension(message: Message) -> int:
    """A size, -1 where it is left open."""
    sizes = [signed(whole(value)) for number, value in message.fields() if number == 1]
    return sizes[-1] if sizes and sizes[-1] > 0 else -1
