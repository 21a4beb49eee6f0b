"""petcam-events asked over its control socket (docs/events-db.md, The control socket)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from petcam.errors import Code, PetcamError
from petcam.events.control import State
from petcam.system.control_socket import ask

TIMEOUT_SECONDS = 3.0  # above what the service itself takes at most
TEST_SECONDS = 30.0  # for a message by each way
MAX_ANSWER = 64 * 1024  # bytes
START_REMEDY = "sudo systemctl start petcam.target"


class ControlClient:
    """For any thread: each question has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self) -> State:
        """Raises ``EVENTS_AWAY`` where petcam-events does not run or does not answer, ``FORBIDDEN``."""
        answer = self._ask({"do": "status"})
        return State(str(answer.get("status", "")), str(answer.get("trouble", "")))

    def delete(self, event_id: int) -> bool:
        """False where there is no such event, or it goes on. Raises as ``state``, and ``STATE_NOT_WRITTEN``."""
        answer = self._ask({"do": "delete", "id": event_id})
        if "error" in answer:
            raise PetcamError(Code.STATE_NOT_WRITTEN, str(answer["error"]))
        return answer.get("done") is True

    def ways(self) -> dict[str, Any] | None:
        """How each way of telling goes, by its name; None of a petcam-events that says nothing of it. Raises as
        ``state``."""
        return _ways(self._ask({"do": "status"}))

    def test(self) -> dict[str, Any] | None:
        """What came of a message for trial by each way, empty where it went well. Raises and is None likewise."""
        return _ways(self._ask({"do": "notify-test"}, TEST_SECONDS))

    def _ask(self, question: Mapping[str, object], timeout: float | None = None) -> dict[str, Any]:
        try:
            return ask(self._path, question, timeout or TIMEOUT_SECONDS, MAX_ANSWER)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise PetcamError(Code.EVENTS_AWAY, f"petcam-events does not run: {START_REMEDY}") from error
        except PermissionError as error:
            raise PetcamError(Code.FORBIDDEN, f"{self._path}: only root and the group petcam may ask") from error
        except (OSError, ValueError, RecursionError) as error:
            raise PetcamError(Code.EVENTS_AWAY, "petcam-events does not answer; try again soon") from error


def _ways(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    found = answer.get("ways")
    return found if isinstance(found, dict) else None
