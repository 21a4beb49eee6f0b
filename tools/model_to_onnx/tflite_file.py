"""Reads a network out of a TFLite file. What the converter has no rule for is refused, never guessed."""

from typing import Any

import numpy as np
import tflite

from tools.model_to_onnx.net import Net, Operator, Refused

DTYPES = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}
KINDS = {number: name for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}
OPTIONS = {
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "ADD": tflite.AddOptions,
    "CONCATENATION": tflite.ConcatenationOptions,
    "RESHAPE": tflite.ReshapeOptions,
}
ACTIVATIONS = {tflite.ActivationFunctionType.NONE: False, tflite.ActivationFunctionType.RELU6: True}


def read(data: bytes) -> Net:
    model = tflite.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() != 1:
        raise Refused(f"{model.SubgraphsLength()} graphs instead of one")
    graph = model.Subgraphs(0)
    tensors = [graph.Tensors(i) for i in range(graph.TensorsLength())]
    shapes = {i: tuple(map(int, tensor.ShapeAsNumpy())) for i, tensor in enumerate(tensors) if tensor.ShapeLength()}
    constants = {i: array for i in shapes if (array := _constant(model, tensors[i], shapes[i])) is not None}
    operators = []
    for i in range(graph.OperatorsLength()):
        one = graph.Operators(i)
        kind = _kind(model, one)
        if kind == "DEQUANTIZE":  # weights are kept in 16 bits; float32 holds each of these numbers exactly
            constants[int(one.Outputs(0))] = constants[int(one.Inputs(0))].astype("<f4")
        else:
            operators.append(_operator(kind, one))
    (source,) = graph.InputsAsNumpy()
    return Net(tuple(operators), shapes, constants, int(source), tuple(map(int, graph.OutputsAsNumpy())))


def _constant(model: Any, tensor: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0:
        return None  # computed
    if tensor.Type() not in DTYPES:
        raise Refused(f"{tensor.Name().decode()} has numbers of type {tensor.Type()}")
    return np.frombuffer(buffer.DataAsNumpy().tobytes(), DTYPES[tensor.Type()]).reshape(shape)


def _kind(model: Any, operator: Any) -> str:
    code = model.OperatorCodes(operator.OpcodeIndex())
    return KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]  # the old field holds up to 127 only


def _operator(kind: str, operator: Any) -> Operator:
    if kind not in OPTIONS:
        raise Refused(f"no rule for {kind}")
    if operator.OutputsLength() != 1:
        raise Refused(f"a {kind} with {operator.OutputsLength()} results")
    inputs, output = tuple(map(int, operator.InputsAsNumpy())), int(operator.Outputs(0))
    if kind == "RESHAPE":
        return Operator(kind, inputs, output)
    options = _options(kind, operator)
    if options.FusedActivationFunction() not in ACTIVATIONS:
        raise Refused(f"no rule for a {kind} with activation {options.FusedActivationFunction()}")
    relu6 = ACTIVATIONS[options.FusedActivationFunction()]
    if kind == "CONCATENATION" and options.Axis() != 1:
        raise Refused(f"no rule for joining along axis {options.Axis()}")
    if not kind.endswith("CONV_2D"):
        return Operator(kind, inputs, output, relu6=relu6)
    if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
        raise Refused(f"no rule for a dilated {kind}")
    if kind == "DEPTHWISE_CONV_2D" and options.DepthMultiplier() != 1:
        raise Refused(f"no rule for a {kind} that makes more channels")
    strides, same = (options.StrideH(), options.StrideW()), options.Padding() == tflite.Padding.SAME
    return Operator(kind, inputs, output, strides, same, relu6)


def _options(kind: str, operator: Any) -> Any:
    table, options = operator.BuiltinOptions(), OPTIONS[kind]()
    options.Init(table.Bytes, table.Pos)
    return options
