"""Which family a model is of, by the shapes of what goes in and comes out and by how many labels it has."""

from petcam.detect.model import nanodet, ssd, yolox
from petcam.detect.model.cells import cell_count
from petcam.detect.model.graph import Graph
from petcam.detect.model.head import Head
from petcam.detect.model.plan import plan_of
from petcam.detect.model.refusal import refusal, shown

SIDES = range(32, 1281)  # pixels of a model's input


def recognised(graph: Graph, labels: int) -> Head:
    """How to fill its input and read its outputs. Raises ``BAD_MODEL`` with what was seen where no family fits.

    The graph's shapes are fixed afterwards: one picture, no size left open.
    """
    height, width = _picture_size(graph)
    _close(graph)
    head = _ssd(graph, height, width) or _one_table(graph, height, width, labels) or _pairs(graph, height, width)
    if head is None:
        seen = ", ".join("x".join(map(str, shape)) for shape in graph.outputs.values())
        raise refusal(
            f"its outputs ({seen} for a picture of {width}x{height}) are those of no detector that petcam knows;"
            " it reads SSD, YOLOX and NanoDet (docs/detector.md)"
        )
    return head


def _picture_size(graph: Graph) -> tuple[int, int]:
    """Height and width of its one input, which becomes (1, 3, height, width)."""
    if len(graph.inputs) != 1:
        raise refusal(f"it has {len(graph.inputs)} inputs; export it with the picture alone")
    ((name, shape),) = graph.inputs.items()
    if len(shape) != 4 or shape[0] not in (1, -1) or shape[1] != 3 or not all(side in SIDES for side in shape[2:]):
        raise refusal(
            f"its input {shown(name)} is {shape}; export it for one picture of a fixed size, (1, 3, height, width),"
            f" of {SIDES[0]} to {SIDES[-1]} pixels"
        )
    graph.inputs[name] = (1, *shape[1:])
    return shape[2], shape[3]


def _close(graph: Graph) -> None:
    """Finds out the outputs' shapes where the file leaves some of them open."""
    if not graph.outputs:
        raise refusal("it has no outputs; export it anew")
    if any(-1 in shape[1:] or not shape for shape in graph.outputs.values()):
        shapes = plan_of(graph).shapes
        graph.outputs = {name: shapes[name] for name in graph.outputs}
    graph.outputs = {name: (1, *shape[1:]) if shape[0] == -1 else shape for name, shape in graph.outputs.items()}


def _ssd(graph: Graph, height: int, width: int) -> Head | None:
    names, shapes = list(graph.outputs), list(graph.outputs.values())
    rows = ssd.count(height, width)
    if len(shapes) != 2 or any(len(shape) != 3 or shape[:2] != (1, rows) for shape in shapes):
        return None
    fours = [at for at, shape in enumerate(shapes) if shape[2] == 4]
    if not fours:
        return None
    codes_at = fours[0] if len(fours) == 1 or "box" not in names[1].lower() else 1  # four classes: by the name
    scores_at = 1 - codes_at
    logits = not _made_by(graph, names[scores_at], "Sigmoid")
    return ssd.Ssd(height, width, shapes[scores_at][2], codes_at, scores_at, logits)


def _one_table(graph: Graph, height: int, width: int, labels: int) -> Head | None:
    """YOLOX, or NanoDet with all in one tensor. Where both could be meant the number of labels decides."""
    ((name, shape), *others) = graph.outputs.items()
    if others or len(shape) != 3 or shape[0] != 1:
        return None
    found: list[Head] = []
    if shape[1] == yolox.count(height, width) and shape[2] > 5:
        found.append(yolox.Yolox(height, width, shape[2] - 5, _made_by(graph, name, "Exp")))
    for strides in nanodet.STRIDES:
        if shape[1] == sum(cell_count(height, width, stride) for stride in strides):
            logits = not _made_by(graph, name, "Sigmoid")
            heads = [(shape[2] - 4 * bins, bins) for bins in nanodet.BINS if shape[2] > 4 * bins]
            found += [nanodet.Nanodet(height, width, n, bins, len(strides), (), logits) for n, bins in heads]
    return next((head for head in found if head.classes == labels), found[0] if found else None)


def _pairs(graph: Graph, height: int, width: int) -> Head | None:
    """NanoDet with two outputs for each grid."""
    names, shapes = list(graph.outputs), list(graph.outputs.values())
    grids = len(shapes) // 2
    if len(shapes) not in (6, 8) or any(len(shape) != 3 or shape[0] != 1 for shape in shapes):
        return None
    for bins in nanodet.BINS:
        pairs = []
        for stride in nanodet.STRIDES[grids - 3]:
            ours = [at for at, shape in enumerate(shapes) if shape[1] == cell_count(height, width, stride)]
            reaches = [at for at in ours if shapes[at][2] == 4 * bins]
            if len(ours) == 2 and reaches:
                pairs.append((ours[0] if ours[1] == reaches[-1] else ours[1], reaches[-1]))
        classes = {shapes[scores][2] for scores, _ in pairs}
        if len(pairs) == grids and len(classes) == 1:
            logits = not _made_by(graph, names[pairs[0][0]], "Sigmoid")
            return nanodet.Nanodet(height, width, classes.pop(), bins, grids, pairs, logits)
    return None


def _made_by(graph: Graph, name: str, kind: str) -> bool:
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
