"""What there is to say of the camera's sound."""

from petcam.access import CameraSwitch, SoundSwitch
from petcam.config import Config
from petcam.web.sound.ear import Ear


class Sound:
    """``is_there``: the configuration names a microphone. ``is_live``: its sound can go to viewers, too."""

    def __init__(self, config: Config, switch: SoundSwitch, camera: CameraSwitch, ear: Ear) -> None:
        self.is_there = bool(config.camera.microphone)
        self.is_live = self.is_there and config.webrtc.backend == "go"
        self._is_recorded = self.is_there and config.recording.sound == "on"
        self._switch, self._camera, self._ear = switch, camera, ear

    def is_on(self) -> bool:
        return self.is_there and self._camera.is_on() and self._switch.is_on()

    def microphone(self) -> str:
        """``on`` or ``off``; empty where there is none."""
        if not self.is_there:
            return ""
        return "on" if self._switch.state().on and self._camera.is_on() else "off"

    def turn(self, on: bool) -> None:
        """For all, at once and after restarts. Raises as :meth:`SoundSwitch.turn` does."""
        self._switch.turn(on, "owner")

    def for_health(self) -> dict[str, bool]:
        on = self.is_on()
        return {"configured": self.is_there, "on": on, "heard": on and self._ear.hears()}

    def as_json(self) -> dict[str, object]:
        """As docs/http-api.md has it."""
        state = self._switch.state()
        on = self.is_there and state.on and self._camera.is_on()
        return {
            "configured": self.is_there,
            "on": on,
            "since": state.since,
            "by": state.by,
            "heard": on and self._ear.hears(),
            "recorded": self._is_recorded,
        }
