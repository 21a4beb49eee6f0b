"""Whether petcam's own detector is to run, and by which model. Imports no numpy: others ask, too."""

from pathlib import Path
from typing import NamedTuple

from petcam.config import Config
from petcam.system.assets import model_file

DEMO = "demo"


class Wanted(NamedTuple):
    model: Path | None  # None: it is not to run
    reason: str = ""  # why not, in words
    is_lack: bool = False  # and that could be mended: the model is missing


def wanted(config: Config) -> Wanted:
    """By ``detect.model``: off, a path, or auto, which never disturbs a detector of somebody else's."""
    camera, model = config.camera, config.detect.model
    if model == "off":
        return Wanted(None, "detect.model is off")
    if camera.layout != "petcam":
        return Wanted(None, f"camera.layout is {camera.layout}: the board's own daemons detect")
    if model != "auto":
        return Wanted(Path(model))
    if not camera.source:
        return Wanted(None, "camera.source is empty: another program films, and may detect; else name detect.model")
    if camera.source == DEMO:
        return Wanted(None, "the demo knows where its cat is; to look for it, name detect.model")
    found = model_file()
    if found is None:
        return Wanted(None, "no model: install the package petcam-model-pets, or name detect.model", is_lack=True)
    return Wanted(found)
