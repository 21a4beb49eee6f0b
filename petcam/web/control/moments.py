"""What a message shows of a moment: its picture, where it is seen, and where further messages are muted."""

import base64
from collections.abc import Callable

MAX_PICTURE_BYTES = 256 * 1024


class Moments:
    """For any thread.

    ``address`` is where others open the page, with a slash at its end, or empty where nobody can; ``token`` is for the
    link that mutes; ``picture`` is that of a visit and ``picture_now`` the camera's, both up to a monotonic time.
    """

    def __init__(
        self,
        address: Callable[[], str],
        token: Callable[[], str],
        picture: Callable[[int, float], bytes | None],
        picture_now: Callable[[float], bytes | None],
    ) -> None:
        self._address, self._token = address, token
        self._picture, self._picture_now = picture, picture_now

    def of(self, event_id: int, deadline: float) -> dict[str, object]:
        return self._answer(f"visits/{event_id}", self._picture(event_id, deadline))

    def now(self, deadline: float) -> dict[str, object]:
        return self._answer("", self._picture_now(deadline))

    def _answer(self, path: str, jpeg: bytes | None) -> dict[str, object]:
        address = self._address()
        is_sent = jpeg is not None and len(jpeg) <= MAX_PICTURE_BYTES
        return {
            "page": address + path if address else "",
            "mute": f"{address}mute/{self._token()}" if address else "",
            "picture": base64.b64encode(jpeg).decode() if jpeg is not None and is_sent else None,
        }
