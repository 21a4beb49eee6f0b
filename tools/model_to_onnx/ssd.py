"""TensorFlow's SSD in ONNX: rows of channels become planes, and of its classes only some are kept.

Input ``image`` (1, 3, rows, columns), RGB, x / 127.5 - 1. Outputs ``boxes`` (1, anchors, 4), codes of centre and size
by the anchors, and ``scores`` (1, anchors, classes), before the sigmoid.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tools.model_to_onnx.net import Net, Operator, Refused
from tools.model_to_onnx.onnx_file import Attribute, OnnxFile

CODES = 4  # numbers of a box
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
# Limits as attributes end with opset 10, and OpenCV before 4.7 reads no others.
RELU6: Mapping[str, Attribute] = {"min": 0.0, "max": 6.0}


def pads(size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]) -> tuple[int, ...]:
    """Top, left, bottom, right of TensorFlow's SAME, which puts the odd row or column last."""
    wanted = [
        max((-(-pixels // stride) - 1) * stride + reach - pixels, 0)
        for pixels, reach, stride in zip(size, kernel, strides, strict=True)
    ]
    return (*(total // 2 for total in wanted), *(total - total // 2 for total in wanted))


class Converter:
    def __init__(self, net: Net, kept: Sequence[int]) -> None:
        """``kept``: which of the network's classes, by number, in the order of the scores to come."""
        self._net, self._kept, self._file = net, list(kept), OnnxFile()
        boxes, scores = net.outputs
        self._names = {net.input: "image", boxes: "boxes", scores: "scores"}  # in ONNX, by tensor
        self._classes = net.shapes[scores][-1]
        self._pictures = {operator.output for operator in net.operators if operator.kind in CONVOLUTIONS}
        # Told by what becomes of them: TFLite joins the names of what it fuses, and they lie.
        self._class_heads = {
            operator.inputs[0]
            for operator in net.operators
            if operator.kind == "RESHAPE" and net.shapes[operator.output][-1] == self._classes
        }

    def convert(self, words: str, metadata: Mapping[str, str]) -> bytes:
        """The ONNX file, which says ``words`` of itself, and ``metadata``."""
        rules = {
            **dict.fromkeys(CONVOLUTIONS, self._convolution),
            "ADD": self._add,
            "RESHAPE": self._flatten,
            "CONCATENATION": self._join,
        }
        operators = [operator for operator in self._net.operators if not self._is_needless(operator)]
        for number, operator in enumerate(operators):
            rules[operator.kind](f"{operator.kind.lower()}_{number}", operator)
        _, rows, columns, channels = self._net.shapes[self._net.input]
        anchors = self._net.shapes[self._net.outputs[0]][1]
        inputs = {"image": (1, channels, rows, columns)}
        outputs = {"boxes": (1, anchors, CODES), "scores": (1, anchors, len(self._kept))}
        return self._file.write("ssd", inputs, outputs, words, metadata)

    def _is_needless(self, operator: Operator) -> bool:
        """The last RESHAPE takes a 1 out of the boxes' shape, which is never put in here: its input is the output."""
        if operator.kind != "RESHAPE" or operator.inputs[0] in self._pictures:
            return False
        if operator.output not in self._net.outputs:
            raise Refused("no rule for a RESHAPE amidst the network")
        self._names[operator.inputs[0]] = self._names[operator.output]
        return True

    def _convolution(self, name: str, operator: Operator) -> None:
        source = operator.inputs[0]
        weights, bias = (self._net.constants[i] for i in operator.inputs[1:])
        if operator.output in self._class_heads:
            rows = [anchor * self._classes + c for anchor in range(len(bias) // self._classes) for c in self._kept]
            weights, bias = weights[rows], bias[rows]
        each = operator.kind == "DEPTHWISE_CONV_2D"  # (1, rows, columns, channels) instead of (out, rows, columns, in)
        weights = weights.transpose((3, 0, 1, 2) if each else (0, 3, 1, 2))
        size, kernel = self._net.shapes[source][1:3], weights.shape[2:]
        constants = self._file.constant(f"{name}.weights", weights), self._file.constant(f"{name}.bias", bias)
        self._result(
            *("Conv", name, operator, [self._names[source], *constants]),
            kernel_shape=kernel,
            strides=operator.strides,
            pads=pads(size, kernel, operator.strides) if operator.same else (0, 0, 0, 0),
            group=len(weights) if each else 1,
        )

    def _add(self, name: str, operator: Operator) -> None:
        self._result("Add", name, operator, [self._names[i] for i in operator.inputs])

    def _join(self, name: str, operator: Operator) -> None:
        self._result("Concat", name, operator, [self._names[i] for i in operator.inputs], axis=1)

    def _flatten(self, name: str, operator: Operator) -> None:
        """A head's picture becomes a list: of each place's anchors one after the other."""
        source = operator.inputs[0]
        wide = len(self._kept) if source in self._class_heads else CODES
        rows = self._file.node("Transpose", [self._names[source]], f"{name}.rows", perm=(0, 2, 3, 1))
        shape = np.array((1, self._net.shapes[operator.output][1], wide), "<i8")
        self._result("Reshape", name, operator, [rows, self._file.constant(f"{name}.shape", shape)])

    def _result(self, kind: str, name: str, operator: Operator, inputs: list[str], **attributes: Attribute) -> None:
        """One node or, where ReLU6 follows, two."""
        output = self._names.setdefault(operator.output, name)
        if operator.relu6:
            inputs, kind, attributes = [self._file.node(kind, inputs, f"{name}.sum", **attributes)], "Clip", {**RELU6}
        self._file.node(kind, inputs, output, **attributes)
