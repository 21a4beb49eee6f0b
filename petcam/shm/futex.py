"""Sleeping on a word of shared memory, and waking who sleeps there (futex(2)).

Through ctypes, which gives the interpreter lock back while the system call lasts. Waiting works on a read-only mapping.
"""

import ctypes
import errno
import os
import platform

# By machine and size of a pointer in bytes: a program of 32 bits under a kernel of 64 has the call's number of 32 bits.
_NUMBERS = {
    ("x86_64", 8): 202,
    ("aarch64", 8): 98,
    **{(machine, 4): 240 for machine in ("x86_64", "i686", "aarch64", "armv8l", "armv7l", "armv6l")},
}
_NUMBER = _NUMBERS.get((platform.machine(), ctypes.sizeof(ctypes.c_void_p)), -1)
_WAIT, _WAKE = 0, 1  # not the private kind: the sleepers are other processes
_ALL = 2**31 - 1
_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.argtypes = (  # number, word, operation, value, time limit, and two that are not for us
    ctypes.c_long,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
)


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def wait(address: int, seen: int, seconds: float) -> int:
    """Sleep while the u32 at ``address`` is ``seen``. Returns what ended it: 0, a wake-up; ``ETIMEDOUT``, the time was
    up; ``EAGAIN``, it did not begin, as the u32 was another already; ``EINTR``, a signal."""
    whole = int(seconds)
    limit = _Timespec(whole, int((seconds - whole) * 1e9))
    return _futex(address, _WAIT, seen, ctypes.byref(limit))


def wake_all(address: int) -> None:
    """Wake every thread of every process that sleeps on the u32 at ``address``."""
    _futex(address, _WAKE, _ALL, None)


def _futex(address: int, operation: int, value: int, limit: object) -> int:
    """The error number, 0 for none."""
    if _syscall(_NUMBER, address, operation, value, limit, None, 0) >= 0:
        return 0
    error = ctypes.get_errno()
    if error not in (errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT):
        raise OSError(error, os.strerror(error))
    return error
