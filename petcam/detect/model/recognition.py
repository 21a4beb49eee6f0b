"""Which family a model is of, by the shapes of what goes in and comes out."""

from petcam.detect.model import ssd
from petcam.detect.model.graph import Graph, Shape
from petcam.detect.model.head import Head
from petcam.detect.model.refusal import refusal

LARGEST = 1280  # pixels of a side of a model's input


def recognised(graph: Graph) -> Head:
    """How to fill its input and read its outputs. Raises ``BAD_MODEL`` with what was seen where no family fits."""
    height, width = picture_size(graph)
    names, shapes = list(graph.outputs), list(graph.outputs.values())
    head = _as_ssd(graph, height, width, names, shapes)
    if head is None:
        seen = ", ".join("x".join(map(str, shape)) for shape in shapes)
        raise refusal(
            f"its outputs ({seen} for a picture of {width}x{height}) are those of no detector that petcam knows;"
            " SSD, YOLOX and NanoDet are read (docs/detector.md)"
        )
    return head


def picture_size(graph: Graph) -> tuple[int, int]:
    """Height and width of its one input, which becomes (1, 3, height, width)."""
    if len(graph.inputs) != 1:
        raise refusal(f"it has {len(graph.inputs)} inputs; export it with the picture alone")
    ((name, shape),) = graph.inputs.items()
    if len(shape) != 4 or shape[0] not in (1, -1) or shape[1] != 3 or not all(32 <= n <= LARGEST for n in shape[2:]):
        raise refusal(
            f"its input is {shape}; export it for one picture, (1, 3, height, width), of 32 to {LARGEST} pixels"
        )
    graph.inputs[name] = (1, *shape[1:])
    graph.outputs = {name: (1, *shape[1:]) if shape[:1] == (-1,) else shape for name, shape in graph.outputs.items()}
    return shape[2], shape[3]


def _as_ssd(graph: Graph, height: int, width: int, names: list[str], shapes: list[Shape]) -> Head | None:
    lists = [shape for shape in shapes if len(shape) == 3 and shape[:2] == (1, ssd.count(height, width))]
    if len(lists) != 2 or len(shapes) != 2 or not any(shape[2] == 4 for shape in shapes):
        return None
    codes_at = next(at for at, shape in enumerate(shapes) if shape[2] == 4)
    if shapes[0][2] == shapes[1][2] and "box" in names[1].lower():
        codes_at = 1
    scores_at = 1 - codes_at
    logits = not made_by(graph, names[scores_at], "Sigmoid")
    return ssd.Ssd(height, width, shapes[scores_at][2], codes_at, scores_at, logits)


def made_by(graph: Graph, name: str, kind: str) -> bool:
    """Whether an operator of a kind lies between an output and the last convolutions before it."""
    makers = {made: node for node in graph.nodes for made in node.outputs}
    seen: set[str] = set()
    todo = [name]
    while todo:
        node = makers.get(todo.pop())
        if node is None or node.outputs[0] in seen:
            continue
        seen.add(node.outputs[0])
        if node.kind == kind:
            return True
        if node.kind != "Conv":
            todo += node.inputs
    return False
