"""How many people watch by MJPEG."""

import threading
from collections.abc import Callable


class Audience:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watching: set[object] = set()  # guarded by _lock

    def __len__(self) -> int:
        return len(self._watching)

    def enter(self) -> Callable[[], None]:
        """One more; the function that is returned ends that, once however often it is called."""
        viewer = object()
        with self._lock:
            self._watching.add(viewer)

        def leave() -> None:
            with self._lock:
                self._watching.discard(viewer)

        return leave
