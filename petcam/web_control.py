"""petcam-web asked over its control socket (docs/http-api.md, The control socket of petcam-web).

For petcam-events, which tells what it notices, and for whatever else is of the group ``petcam``.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from petcam.access import DEFAULT_DIRECTORY
from petcam.errors import Code, PetcamError
from petcam.system.control_socket import ask

RUNTIME_PATH = Path("/run/petcam-web/control")  # of the package
FILE_NAME = "web-control"  # in any other state directory, which petcam-events may share
TIMEOUT_SECONDS = 6.0  # above what petcam-web takes at most
MAX_PICTURE_BYTES = 256 * 1024
MAX_ANSWER = 512 * 1024  # bytes; a picture in base64 and two addresses
START_REMEDY = "sudo systemctl start petcam.target"


class Moment(NamedTuple):
    page: str  # where it is seen; empty: nobody but this machine has the page
    mute: str  # where alerts are muted, without login; empty likewise
    picture: bytes | None  # JPEG


def web_control_path(state: Path) -> Path:
    """Where petcam-web listens whose state directory is ``state``."""
    return RUNTIME_PATH if state == DEFAULT_DIRECTORY else state / FILE_NAME


class WebControl:
    """For any thread: each question has a connection of its own. All raise ``WEB_AWAY`` where petcam-web does not run
    or does not answer, ``FORBIDDEN``, and ``CONFLICT`` with its own words where it refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self) -> dict[str, Any]:
        """``camera``, ``home`` and ``mute_until``, as in the document."""
        return self._ask({"do": "state"})

    def camera(self, on: bool, minutes: int | None, by: str) -> dict[str, Any]:
        """What ``camera`` is then, once it is durable."""
        found = self._ask({"do": "camera", "on": on, "minutes": minutes, "by": by}).get("camera")
        return found if isinstance(found, dict) else {}

    def home(self, on: bool, by: str) -> bool:
        return self._ask({"do": "home", "on": on, "by": by}).get("home") is True

    def mute(self, minutes: int, by: str) -> str | None:
        """Until when it is muted then; 0 minutes: no longer."""
        found = self._ask({"do": "mute", "minutes": minutes, "by": by}).get("mute_until")
        return found if isinstance(found, str) else None

    def moment(self, event_id: int) -> Moment:
        """Takes two seconds at most where its picture is not to be had yet; then it is None."""
        return _moment(self._ask({"do": "moment", "id": event_id}))

    def test_picture(self) -> Moment:
        """Of now."""
        return _moment(self._ask({"do": "test-picture"}))

    def _ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        try:
            answer = ask(self._path, question, TIMEOUT_SECONDS, MAX_ANSWER)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise PetcamError(Code.WEB_AWAY, f"petcam-web does not run: {START_REMEDY}") from error
        except PermissionError as error:
            raise PetcamError(Code.FORBIDDEN, f"{self._path}: only root and the group petcam may ask") from error
        except (OSError, ValueError, RecursionError) as error:
            raise PetcamError(Code.WEB_AWAY, "petcam-web does not answer; try again soon") from error
        if "error" in answer:
            raise PetcamError(Code.CONFLICT, str(answer["error"]))
        return answer


def _moment(answer: Mapping[str, object]) -> Moment:
    return Moment(str(answer.get("page") or ""), str(answer.get("mute") or ""), _picture(answer.get("picture")))


def _picture(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if 0 < len(data) <= MAX_PICTURE_BYTES else None
