"""Who may watch and hear: passwords, viewing tokens, keys, the switches of camera and sound; and where all is kept.

The web tier and the commands (``petcam password``, ``petcam token``) both work with them. Imports ``errors`` and
``system``.
"""

from petcam.access.camera_switch import MAX_OFF_MINUTES, CameraSwitch
from petcam.access.chosen_file import ChosenFile
from petcam.access.first_hour import FirstHour, first_hour_trouble
from petcam.access.keys import SecretKey, key_troubles, secret_key
from petcam.access.owner import Owner, Role
from petcam.access.place import Place, place_of
from petcam.access.sound_switch import SoundSwitch
from petcam.access.state import DEFAULT_DIRECTORY, SECRETS_DIRECTORY, state_directory, web_state_directory
from petcam.access.state_file import (
    Document,
    Kind,
    StateFile,
    is_for_lack_of_permission,
    is_for_lack_of_space,
    require_keys,
    strict_json,
    sweep_temporaries,
    text_of,
    unsealed,
    whole_number_of,
)
from petcam.access.switch import SwitchState
from petcam.access.viewing_tokens import ViewingToken, ViewingTokens

__all__ = [
    "DEFAULT_DIRECTORY",
    "MAX_OFF_MINUTES",
    "SECRETS_DIRECTORY",
    "CameraSwitch",
    "ChosenFile",
    "Document",
    "FirstHour",
    "Kind",
    "Owner",
    "Place",
    "Role",
    "SecretKey",
    "SoundSwitch",
    "StateFile",
    "SwitchState",
    "ViewingToken",
    "ViewingTokens",
    "first_hour_trouble",
    "is_for_lack_of_permission",
    "is_for_lack_of_space",
    "key_troubles",
    "place_of",
    "require_keys",
    "secret_key",
    "state_directory",
    "strict_json",
    "sweep_temporaries",
    "text_of",
    "unsealed",
    "web_state_directory",
    "whole_number_of",
]
