"""The labels file beside a model: NAME.txt, one class name a line, in the order of the model's scores."""

from collections.abc import Collection
from pathlib import Path

from petcam.detect.model.refusal import refusal

LINES = 1000
NAME_BYTES = 32
FILE_BYTES = LINES * (NAME_BYTES + 2)


def read_labels(path: Path) -> list[str]:
    """The names in lower case. Raises ``BAD_MODEL``."""
    try:
        with open(path, "rb") as file:
            return _names(file.read(FILE_BYTES + 1), path.name)
    except OSError as error:
        raise refusal(
            f"its labels {path.name} cannot be read ({error.strerror}); put them beside it, a class name a line"
        ) from None


def _names(raw: bytes, file_name: str) -> list[str]:
    if len(raw) > FILE_BYTES:
        raise refusal(f"{file_name} is larger than {FILE_BYTES} bytes")
    try:
        names = [line.strip().lower() for line in raw.decode().splitlines()]
    except UnicodeDecodeError:
        raise refusal(f"{file_name} is not UTF-8; save it as that") from None
    while names and not names[-1]:
        names.pop()
    if len(names) > LINES:
        raise refusal(f"{file_name} has more than {LINES} names")
    for number, name in enumerate(names, 1):
        if not 0 < len(name.encode()) <= NAME_BYTES or not name.isprintable():
            raise refusal(f"line {number} of {file_name} is no name of 1 to {NAME_BYTES} bytes")
    return names


def wanted(names: list[str], classes: Collection[str]) -> list[str | None]:
    """``names`` with None for those that ``classes`` leaves out; an empty one leaves out none. Raises ``BAD_MODEL``."""
    asked = {name.lower() for name in classes}
    kept = [name if not asked or name in asked else None for name in names]
    if not any(kept):
        known = ", ".join(names[:20])
        raise refusal(f"it knows none of {', '.join(sorted(asked))}; it knows {known}")
    return kept
