"""Who may watch: the passwords, the viewing tokens and the keys, and where they are kept.

The web tier and the commands (``petcam password``, ``petcam token``) both work with them. Imports ``errors`` only.
"""

from petcam.access.owner import Owner, Role
from petcam.access.secret_file import secret_key, write_private
from petcam.access.state import state_directory
from petcam.access.viewing_tokens import ViewingToken, ViewingTokens

__all__ = [
    "Owner",
    "Role",
    "ViewingToken",
    "ViewingTokens",
    "secret_key",
    "state_directory",
    "write_private",
]
