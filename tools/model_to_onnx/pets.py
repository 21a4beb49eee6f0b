"""The model of petcam-model-pets: which classes it keeps, and what the file says of itself."""

from pathlib import Path

from tools.model_to_onnx import tflite_file
from tools.model_to_onnx.net import Refused
from tools.model_to_onnx.ssd import Converter

# By their lines in the label map that is packed with the model.
CLASSES = {"person": 4, "cat": 8, "dog": 20}
WORDS = "Finds people, cats and dogs. SSD MobileNetV2, 300x300 RGB as x/127.5-1; scores before the sigmoid."
METADATA = {
    "author": "Google (MediaPipe)",
    "origin": "npm @mediapipe/objectron 0.4.1675468480: object_detection_ssd_mobilenetv2_oidv4_fp16.tflite",
    "license": "Apache-2.0",
    "trained_on": "Open Images V4",
    "changes": "converted from TFLite by petcam; of its 24 classes three are kept",
    "classes": ",".join(CLASSES),
}


def main(arguments: list[str]) -> None:
    """MODEL.tflite OUT.onnx OUT.txt"""
    source, onnx, names = map(Path, arguments)
    try:
        net = tflite_file.read(source.read_bytes())
        onnx.write_bytes(Converter(net, list(CLASSES.values())).convert(WORDS, METADATA))
    except Refused as why:
        raise SystemExit(f"petcam: {source.name}: {why}") from why
    names.write_text("".join(f"{name}\n" for name in CLASSES))
