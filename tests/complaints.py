"""What a program of ffmpeg's complains of."""

INSECURE_MEMORY = (
    "Warning: using insecure memory!"  # a library of its own, where no memory may be locked, as in a container
)


def complaints(stderr: str) -> list[str]:
    """Lines, without what is no fault of the file's."""
    return [line for line in stderr.splitlines() if line != INSECURE_MEMORY]
