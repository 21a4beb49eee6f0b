"""How petcam-events goes, for the health that pages ask for every few seconds."""

import threading
import time
from collections.abc import Callable

from petcam.errors import PetcamError
from petcam.events.control_client import ControlClient

FRESH_SECONDS = 2.0


class ServiceState:
    """Asked once for all who want to know within two seconds; meanwhile the others get what is known."""

    def __init__(self, service: ControlClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._service, self._clock = service, clock
        self._asking = threading.Lock()
        self._known: dict[str, object] = {}  # replaced as a whole, with _asking
        self._known_at = 0.0

    def __call__(self) -> dict[str, object]:
        """``running``, and in words ``status`` and ``trouble``, which is empty where there is none."""
        if self._asking.acquire(blocking=not self._known):
            try:
                if not self._known or self._clock() - self._known_at >= FRESH_SECONDS:
                    self._known = self._ask()
                    self._known_at = self._clock()
            finally:
                self._asking.release()
        return self._known

    def _ask(self) -> dict[str, object]:
        try:
            state = self._service.state()
        except PetcamError as error:
            return {"running": False, "status": "", "trouble": error.message}
        return {"running": True, "status": state.status, "trouble": state.trouble}
