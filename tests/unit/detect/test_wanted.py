"""Whether petcam looks for pets itself."""

from pathlib import Path

import pytest

from petcam.config import parse
from petcam.detect import wanted as room
from petcam.detect.wanted import wanted

MODEL = Path("/usr/share/petcam/models/pets.onnx")


@pytest.mark.parametrize(
    ("yaml", "model", "reason"),
    [
        ("camera: {source: /dev/video0}", MODEL, ""),
        ("camera: {source: rtsp://cam/1}", MODEL, ""),
        ("", None, "camera.source is empty"),
        ("camera: {source: demo}", None, "the demo knows"),
        ("camera: {source: /dev/video0, layout: rdk-x5}", None, "camera.layout is rdk-x5"),
        ("{camera: {source: /dev/video0}, detect: {model: off}}", None, "detect.model is off"),
        ("detect: {model: /srv/mine.onnx}", Path("/srv/mine.onnx"), ""),
        ("{camera: {source: demo}, detect: {model: /srv/mine.onnx}}", Path("/srv/mine.onnx"), ""),
        ("{camera: {layout: rdk-x5}, detect: {model: /srv/mine.onnx}}", None, "camera.layout is rdk-x5"),
    ],
)
def test_it_follows_the_configuration(monkeypatch, yaml: str, model: Path | None, reason: str) -> None:
    monkeypatch.setattr(room, "model_file", lambda: MODEL)
    config, _ = parse(yaml, "petcam.yaml")
    found = wanted(config)
    assert (found.model, found.is_lack) == (model, False)
    assert found.reason.startswith(reason)


def test_a_model_that_is_missing_is_said_with_the_remedy(monkeypatch) -> None:
    monkeypatch.setattr(room, "model_file", lambda: None)
    config, _ = parse("camera: {source: /dev/video0}", "petcam.yaml")
    found = wanted(config)
    assert found.model is None and found.is_lack
    assert "petcam-model-pets" in found.reason
