"""Runs a graph by onnxruntime, where that is installed: about twice as fast as numpy, for some 70 MB more.

It is given the file only after our own reader has judged it, which refuses weights in other files. Memory and work of
a look have the bounds that numpy's have (``plan.py``) where all operators are known, as they are in most detectors.
"""

from collections.abc import Sequence

import numpy as np

from petcam.detect.model.graph import Floats, Graph
from petcam.detect.model.model_file import ModelFile
from petcam.detect.model.plan import plan_of, unknown_operators
from petcam.detect.model.refusal import refusal


class OnnxruntimeRuntime:
    """One session. For one thread at a time; onnxruntime itself takes ``threads``."""

    name = "onnxruntime"

    def __init__(self, graph: Graph, file: ModelFile, threads: int) -> None:
        """Raises ``ImportError`` where onnxruntime is not installed, ``BAD_MODEL`` where it refuses the file."""
        import onnxruntime

        if not unknown_operators(graph):
            plan_of(graph)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a thread that waits must not burn
        onnxruntime.disable_telemetry_events()
        try:
            self._session = onnxruntime.InferenceSession(file.path, options, ["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common base of their own
            raise refusal(f"onnxruntime refuses it: {str(error)[:200]}") from error
        ((self._input_name, shape),) = graph.inputs.items()
        self._output_names = list(graph.outputs)
        self._shapes = list(graph.outputs.values())
        self.input: Floats = np.zeros(shape, np.float32)

    def run(self) -> Sequence[Floats]:
        """The outputs for what ``input`` has. Raises ``BAD_MODEL`` where it fails, or gives other shapes than said."""
        try:
            outputs: Sequence[Floats] = self._session.run(self._output_names, {self._input_name: self.input})
        except Exception as error:
            raise refusal(f"onnxruntime fails: {str(error)[:200]}") from error
        if [output.shape for output in outputs] != self._shapes:
            raise refusal("onnxruntime gives other shapes than the file says; export it anew")
        return outputs
