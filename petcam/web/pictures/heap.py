"""Returns freed memory to the system: decoding takes tens of MiB, which glibc would keep for later use."""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it


def trim_heap() -> None:
    """Takes a few milliseconds; does nothing with another C library."""
    if _trim is not None:
        _trim(0)
