"""Whether a converted model computes what the original does: for whoever changes the converter.

    PYTHON -m tools.model_to_onnx.compare build/model/*.tflite build/model/pets.onnx

With a Python that has ai-edge-litert, onnx, onnxruntime, scikit-image and tflite. Says how far the outputs are apart
on some pictures; status 1 where that is more than 0.001, or where onnx finds a fault in the file.
"""

import sys
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from skimage import data, transform

from tools.model_to_onnx.pets import CLASSES

MOST = 1e-3
SIZE = (300, 300)

Run = Callable[[np.ndarray], dict[str, np.ndarray]]  # (1, rows, columns, RGB) to boxes and scores


def original(path: str) -> Run:
    interpreter = Interpreter(path)
    interpreter.allocate_tensors()
    (source,), ends = interpreter.get_input_details(), interpreter.get_output_details()

    def run(picture: np.ndarray) -> dict[str, np.ndarray]:
        interpreter.set_tensor(source["index"], picture)
        interpreter.invoke()
        boxes, scores = sorted((interpreter.get_tensor(end["index"]) for end in ends), key=lambda array: array.shape)
        return {"boxes": boxes, "scores": scores[..., list(CLASSES.values())]}

    return run


def converted(path: str) -> Run:
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path)
    names = ("boxes", "scores")
    return lambda picture: dict(zip(names, session.run(names, {"image": picture.transpose(0, 3, 1, 2)}), strict=True))


def pictures() -> dict[str, np.ndarray]:
    noise = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)
    made = {"noise": noise, "black": np.zeros_like(noise), "a dark cat": data.chelsea()[:, ::-1] // 3}
    return {name: getattr(data, name)() for name in ("chelsea", "astronaut", "coffee", "rocket")} | made


def main(tflite: str, onnx_path: str) -> int:
    left, right, worst = original(tflite), converted(onnx_path), 0.0
    for name, picture in pictures().items():
        scaled = (transform.resize(picture, SIZE) * 2 - 1).astype(np.float32)[None]
        one, other = left(scaled), right(scaled)
        apart = {end: float(np.abs(one[end] - other[end]).max()) for end in one}
        worst = max(worst, *apart.values())
        print(f"{name:12} " + "  ".join(f"{end} {distance:.1e}" for end, distance in apart.items()))
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
