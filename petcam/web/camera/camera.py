"""What there is to say of the camera's switch, and to do with it."""

from petcam.access import CameraSwitch


class Camera:
    def __init__(self, switch: CameraSwitch) -> None:
        self._switch = switch

    def is_on(self) -> bool:
        """For who asks often: of at most 0.25 s ago."""
        return self._switch.is_on()

    def turn(self, on: bool, by: str, minutes: int | None = None) -> None:
        """For all, at once and after restarts; ``minutes``: for how long it is off. Raises as the switch does."""
        self._switch.turn(on, by, minutes)

    def as_json(self) -> dict[str, object]:
        """As docs/http-api.md has it."""
        state = self._switch.state()
        return {"on": state.on, "since": state.since, "by": state.by, "until": state.until}
