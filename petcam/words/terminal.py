"""What the commands that a family meets say: in the language of the locale."""

import os

from petcam.errors import PetcamError
from petcam.system.assets import assets_folder
from petcam.words.catalogue import Words


def say(key: str, **values: object) -> str:
    """The text of ``commands.KEY``; read each time, as a command says little."""
    words = Words(assets_folder() / "words")
    return words.text(words.of_environment(os.environ), f"commands.{key}", **values)


def explain(error: PetcamError) -> str:
    """``error`` in the words of the catalogue where it names them, else its English message."""
    section, _, key = error.key.partition(".")
    return say(key, **error.values) if section == "commands" else error.message
