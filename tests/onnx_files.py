"""Writes small ONNX files for tests, so that these need no onnx package: Protocol Buffers by hand, field by field."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

KINDS = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7, "float16": 10, "float64": 11}  # TensorProto.DataType


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def piece(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def tensor(name: str, array: np.ndarray, extra: bytes = b"") -> bytes:
    dims = b"".join(number(1, size) for size in array.shape)
    return dims + number(2, KINDS[array.dtype.name]) + piece(8, name) + piece(9, array.tobytes()) + extra


def attribute(name: str, value: object) -> bytes:
    head = piece(1, name)
    if isinstance(value, float):
        return head + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, int):
        return head + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return head + piece(4, value) + number(20, 3)
    if isinstance(value, np.ndarray):
        return head + piece(5, tensor("", value)) + number(20, 4)
    if value and isinstance(value[0], float):
        return head + piece(7, struct.pack(f"<{len(value)}f", *value)) + number(20, 6)
    return head + b"".join(number(8, one) for one in value) + number(20, 7)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **attributes: object) -> bytes:
    names = b"".join(piece(1, name) for name in inputs) + b"".join(piece(2, name) for name in outputs)
    named = b"".join(piece(5, attribute(name, value)) for name, value in attributes.items())
    return names + piece(4, kind) + named + (piece(7, domain) if domain else b"")


def value_info(name: str, shape: Sequence[int | str], kind: int = 1) -> bytes:
    dims = b"".join(piece(1, piece(2, one) if isinstance(one, str) else number(1, one)) for one in shape)
    return piece(1, name) + piece(2, piece(1, number(1, kind) + piece(2, dims)))


def model(
    nodes: Sequence[bytes],
    weights: Mapping[str, np.ndarray],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str]],
    opset: int = 13,
    graph_extra: bytes = b"",
    extra: bytes = b"",
) -> bytes:
    """The bytes of a file. ``extra`` is put into the model, ``graph_extra`` into its graph."""
    graph = b"".join(piece(1, one) for one in nodes) + piece(2, "test")
    graph += b"".join(piece(5, tensor(name, array)) for name, array in weights.items())
    graph += b"".join(piece(11, value_info(name, shape)) for name, shape in inputs.items())
    graph += b"".join(piece(12, value_info(name, shape)) for name, shape in outputs.items())
    versions = piece(8, piece(1, "") + number(2, opset))
    return number(1, 7) + piece(2, "petcam's tests") + piece(7, graph + graph_extra) + versions + extra
