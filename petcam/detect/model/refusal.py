"""How a model is refused: what reads or plans one raises this; ``load_model`` puts the file's name before it."""

from petcam.errors import Code, PetcamError


def refusal(words: str) -> PetcamError:
    """What is wrong with a model and, where something can be done, what to do."""
    return PetcamError(Code.BAD_MODEL, words)


def shown(name: str) -> str:
    """A name out of a file that nobody vouches for, short and printable, for a message or the log."""
    return repr(name if len(name) <= 60 else name[:57] + "...")
