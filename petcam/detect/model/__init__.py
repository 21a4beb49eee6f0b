"""A detector's model: an ONNX file read and judged, run by numpy or onnxruntime, its outputs made boxes.

``load_model`` opens a file (docs/detector.md, "Models") and gives a ``Model``, whose ``find`` looks at one picture and
gives a list of ``Found``. Needs numpy only. Imports ``errors``.
"""

from petcam.detect.model.load import load_model
from petcam.detect.model.model import Found, Model

__all__ = ["Found", "Model", "load_model"]
