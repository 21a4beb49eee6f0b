"""Memory that was freed, given back to the system: decoding takes tens of MiB, and glibc keeps them for next time."""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it


def give_back() -> None:
    """Takes a few milliseconds; does nothing where the C library cannot."""
    if _trim is not None:
        _trim(0)
