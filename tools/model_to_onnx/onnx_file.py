"""An ONNX file: IR 6, opset 10, which OpenCV 4.5.4 and each onnxruntime can read.

Each constant's numbers begin at a multiple of 64 bytes in the file, so that a reader can map the file and compute with
them where they are. A doc_string of spaces in front of them makes that so; it is legal anywhere in a tensor, and means
nothing. The numbers in the comments are those of onnx.proto's fields.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tools.model_to_onnx.protobuf import block, integer, opening, real, text

ALIGNMENT = 64
IR_VERSION, OPSET = 6, 10
ELEMENT_TYPES = {np.dtype("<f4"): 1, np.dtype("<i8"): 7}

# Twice as many as there are places: where a length gets a byte longer on the way, one place is skipped.
_SPACES = [" " * count for count in range(2 * ALIGNMENT)]
_NEVER = "64 places one behind the other hold a multiple of 64"

Attribute = float | int | Sequence[int]


class OnnxFile:
    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[tuple[str, np.ndarray]] = []

    def constant(self, name: str, array: np.ndarray) -> str:
        """``array``: float32 or int64. Returns ``name``."""
        self._constants.append((name, array))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> str:
        """Returns ``output``, the name of its one result, which is the node's name too."""
        fields = [text(1, name) for name in inputs]  # input
        fields += [text(2, output), text(3, output), text(4, kind)]  # output, name, op_type
        fields += [block(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return output

    def write(
        self,
        name: str,
        inputs: Mapping[str, Sequence[int]],
        outputs: Mapping[str, Sequence[int]],
        words: str,
        metadata: Mapping[str, str],
    ) -> bytes:
        """The whole file. ``inputs`` and ``outputs``: shapes by name, all float32. ``words`` say what it is."""
        ends = b"".join(block(11, _value(*item)) for item in inputs.items())
        ends += b"".join(block(12, _value(*item)) for item in outputs.items())
        graph = self._graph(name) + ends
        tail = block(8, integer(2, OPSET))  # opset_import: version
        tail += b"".join(block(14, text(1, key) + text(2, value)) for key, value in metadata.items())
        return _head(words, len(graph)) + graph + tail

    def _graph(self, name: str) -> bytes:
        """Nodes, name and constants, which are in their places where the graph begins at a multiple of 64."""
        graph = b"".join(block(1, node) for node in self._nodes) + text(2, name)
        for constant in self._constants:
            graph += _tensor(len(graph), *constant)
        return graph


def _head(words: str, graph_length: int) -> bytes:
    """The file before its graph (7), of such a length that the graph begins at a multiple of 64."""
    for spaces in _SPACES:
        # ir_version, producer_name, doc_string
        head = integer(1, IR_VERSION) + text(2, "petcam") + text(6, words + spaces) + opening(7, graph_length)
        if len(head) % ALIGNMENT == 0:
            return head
    raise AssertionError(_NEVER)


def _tensor(at: int, name: str, array: np.ndarray) -> bytes:
    """An initializer (5) that begins ``at`` bytes behind a multiple of 64."""
    data = array.tobytes()
    head = b"".join(integer(1, size) for size in array.shape)  # dims
    head += integer(2, ELEMENT_TYPES[array.dtype]) + text(8, name)  # data_type, name
    for spaces in _SPACES:
        before = head + text(12, spaces) + opening(9, len(data))  # doc_string, raw_data
        tensor = opening(5, len(before) + len(data)) + before
        if (at + len(tensor)) % ALIGNMENT == 0:
            return tensor + data
    raise AssertionError(_NEVER)


def _attribute(name: str, value: Attribute) -> bytes:
    """name, then one of f, i, ints, then type."""
    if isinstance(value, float):
        return text(1, name) + real(2, value) + integer(20, 1)
    if isinstance(value, int):
        return text(1, name) + integer(3, value) + integer(20, 2)
    return text(1, name) + b"".join(integer(8, number) for number in value) + integer(20, 7)


def _value(name: str, shape: Sequence[int]) -> bytes:
    """name, and type: tensor_type: elem_type, shape: dim: dim_value."""
    sizes = b"".join(block(1, integer(1, size)) for size in shape)
    return text(1, name) + block(2, block(1, integer(1, 1) + block(2, sizes)))
