"""Opens a model: reads and judges the file, recognises its family, chooses what runs it."""

from collections.abc import Collection
from pathlib import Path

from petcam.detect.model.graph import Graph
from petcam.detect.model.labels import read_labels, wanted
from petcam.detect.model.model import Model
from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.numpy_runtime import NumpyRuntime
from petcam.detect.model.onnx_file import read_graph
from petcam.detect.model.onnxruntime_runtime import OnnxruntimeRuntime
from petcam.detect.model.recognition import recognised
from petcam.detect.model.refusal import refusal
from petcam.detect.model.runtime import Runtime
from petcam.errors import Code, PetcamError

RUNTIMES = ("auto", "numpy", "onnxruntime")


def load_model(path: Path, *, threads: int = 1, runtime: str = "auto", classes: Collection[str] = ()) -> Model:
    """The model in the ONNX file ``path``, its class names in the file beside it that ends in ``.txt``.

    ``runtime``: ``numpy``, ``onnxruntime``, or ``auto``, which is onnxruntime where that can be imported.
    ``threads`` binds onnxruntime. numpy's BLAS reads its own number when numpy is first imported, so who wants the
    numpy runtime to keep to it sets ``OPENBLAS_NUM_THREADS`` in the environment before that.
    ``classes``: the names to find; none means all that the model knows.
    Raises ``BAD_MODEL``, with the file's name, what is wrong and what to do.
    """
    try:
        return _load(path, threads, runtime, classes)
    except PetcamError as error:
        if error.code is not Code.BAD_MODEL:
            raise
        raise PetcamError(Code.BAD_MODEL, f"{path}: {error.message}") from error.__cause__


def _load(path: Path, threads: int, runtime: str, classes: Collection[str]) -> Model:
    file = ModelFile(path)
    graph = read_graph(file.data, file.forget)
    labels = path.with_suffix(".txt")
    names = read_labels(labels)
    head = recognised(graph, len(names))
    if len(names) != head.classes:
        raise refusal(f"{labels.name} has {len(names)} names, the model {head.classes} scores; give a name for each")
    return Model(path.name, _runtime(graph, file, threads, runtime), head, wanted(names, classes))


def _runtime(graph: Graph, file: ModelFile, threads: int, runtime: str) -> Runtime:
    if runtime not in RUNTIMES:
        raise refusal(f"there is no runtime {runtime!r}; it is one of {', '.join(RUNTIMES)}")
    if runtime != "numpy":
        try:
            return OnnxruntimeRuntime(graph, file, threads)
        except ImportError as error:
            if runtime == "onnxruntime":
                raise refusal("onnxruntime is not installed; install it, or let numpy run the model") from error
    return NumpyRuntime(graph, file)
