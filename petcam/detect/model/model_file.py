"""A model's file, mapped read-only: what is read of it costs no memory that the system could not have back at once."""

import mmap
import os
import stat
import weakref
from pathlib import Path

import numpy as np

from petcam.detect.model.graph import Array
from petcam.detect.model.refusal import refusal

FILE_BYTES = 64 << 20


class ModelFile:
    """The mapping. A file in use must not be written into, which changes or ends it: rename a new one to its place."""

    def __init__(self, path: Path) -> None:
        """Raises ``BAD_MODEL`` where the file cannot be opened, or is none, or is too large."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # never waits, not for a FIFO either
        except OSError as error:
            raise refusal(f"it cannot be opened ({error.strerror}); see that it is there and may be read") from None
        weakref.finalize(self, os.close, descriptor)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise refusal("it is no file; name the .onnx file itself")
        if not 0 < found.st_size <= FILE_BYTES:
            raise refusal(f"it has {found.st_size} bytes; a model has 1 to {FILE_BYTES}")
        self.path = f"/proc/self/fd/{descriptor}"  # of this very file, whatever becomes of its name
        self._mapping = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
        self.data = memoryview(self._mapping)
        self._begin = np.frombuffer(self.data, np.uint8).ctypes.data

    def holds(self, numbers: Array) -> bool:
        """Whether they are a view of the file."""
        return 0 <= numbers.ctypes.data - self._begin < len(self.data)

    def forget(self) -> None:
        """Gives the pages that were read back to the system, which has them in its cache: they count no longer as
        this process's memory, and come back when they are read."""
        self._mapping.madvise(mmap.MADV_DONTNEED)
