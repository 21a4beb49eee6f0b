"""What a family sets on the page: what is told and when, who is home, the camera's week. One file, ``settings.json``
in petcam-web's state directory (docs/state.md, "Settings"): petcam-web writes it, petcam-events and the streamer read
it.

Imports ``errors`` and ``access``, of which it uses the state files.
"""

from petcam.settings.document import as_document, changed
from petcam.settings.mute import MAX_MINUTES, in_minutes, later_of, until_tomorrow
from petcam.settings.settings import DEFAULTS, RECORDING_MODES, Notify, OffTime, Quiet, Settings
from petcam.settings.settings_file import SettingsFile

__all__ = [
    "DEFAULTS",
    "MAX_MINUTES",
    "RECORDING_MODES",
    "Notify",
    "OffTime",
    "Quiet",
    "Settings",
    "SettingsFile",
    "as_document",
    "changed",
    "in_minutes",
    "later_of",
    "until_tomorrow",
]
