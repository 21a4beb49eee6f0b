"""Runs the shipped model's graph operator by operator, without any of what makes petcam's runtime fast."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def plainly(graph, values):
    """The outputs for ``values``, the inputs by their names, which it fills with all that is made."""
    for node in graph.nodes:
        x = values[node.inputs[0]]
        if node.kind == "Conv":
            made = convolved(x, graph.weights[node.inputs[1]], graph.weights[node.inputs[2]], node.attributes)
        elif node.kind == "Clip":
            made = x.clip(node.attributes["min"], node.attributes["max"])
        elif node.kind == "Add":
            made = x + values[node.inputs[1]]
        elif node.kind == "Transpose":
            made = x.transpose(node.attributes["perm"])
        elif node.kind == "Reshape":
            made = x.reshape(graph.weights[node.inputs[1]])
        else:
            made = np.concatenate([values[name] for name in node.inputs], node.attributes["axis"])
        values[node.outputs[0]] = made
    return [values[name] for name in graph.outputs]


def convolved(x, w, b, how):
    top, left, bottom, right = how["pads"]
    seen = sliding_window_view(np.pad(x[0], ((0, 0), (top, bottom), (left, right))), w.shape[2:], (1, 2))
    seen = seen[:, :: how["strides"][0], :: how["strides"][1]]
    if how["group"] > 1:
        made = np.einsum("chwij,cij->chw", seen, w[:, 0])
    else:
        columns = seen.transpose(0, 3, 4, 1, 2).reshape(w[0].size, -1)
        made = (w.reshape(len(w), -1) @ columns).reshape(len(w), *seen.shape[1:3])
    return (made + b[:, None, None])[None]
