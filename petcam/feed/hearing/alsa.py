"""ALSA's library by ctypes: as much of it as capturing needs. A call that fails raises ``OSError`` with ALSA's errno.

No callbacks: the service may not make memory executable.
"""

import ctypes
import errno
import os
import struct
import time
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from petcam.errors import Code, PetcamError

LIBRARY = "libasound.so.2"
REMEDY = "sudo apt install alsa-utils"  # needs it, whatever the release calls its package, and sets levels
# Numbers of <alsa/pcm.h>.
CAPTURE, NONBLOCK, INTERLEAVED, S16_LE = 1, 1, 3, 2
STAMPS_ON, MONOTONIC = 1, 1
PERIOD_US, BUFFER_US = (
    40_000,
    1_000_000,
)  # two packets a wake, as listeners get them; it may be busy for 1 s
TIMESPEC_BYTES = 16  # at most
MAX_FRAMES = 48_000  # of one read
OLDEST_STAMP_NS = 2_000_000_000  # what is older, or of another clock, is none


class Piece(NamedTuple):
    """``samples``: int16 of shape (n, channels). ``at_ns``: when the first of them was captured (CLOCK_MONOTONIC)."""

    samples: Any
    at_ns: int


class Library:
    """Raises :class:`PetcamError` (``UNSUPPORTED``) where it is not installed."""

    def __init__(self, name: str = LIBRARY) -> None:
        try:
            self._library = ctypes.CDLL(name)
        except OSError:
            raise PetcamError(Code.UNSUPPORTED, f"a microphone needs ALSA's library (libasound2): {REMEDY}") from None
        # What it would print is in its errno, too. `abs` takes a pointer for a number and does nothing with it.
        harmless = ctypes.cast(ctypes.CDLL(None).abs, ctypes.c_void_p)
        self._library.snd_lib_error_set_handler(harmless)
        for name in ("snd_pcm_readi", "snd_pcm_avail_update"):
            getattr(self._library, name).restype = ctypes.c_long

    def call(self, name: str, *arguments: Any) -> int:
        result = int(getattr(self._library, name)(*arguments))
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

    def free(self, name: str, pointer: Any) -> None:
        """By a function that gives nothing: what stands where its result would be may be any number."""
        getattr(self._library, name)(pointer)

    def recorders(self) -> list[str]:
        """Names of the cards' devices that record, the first card first."""
        found: list[str] = []
        card = ctypes.c_int(-1)
        while True:
            self.call("snd_card_next", ctypes.byref(card))
            if card.value < 0:
                return found
            found += [f"plughw:{card.value},{device}" for device in self._recorders_of(card.value)]

    def _recorders_of(self, card: int) -> list[int]:
        handle, info, device = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int(-1)
        try:
            self.call("snd_ctl_open", ctypes.byref(handle), f"hw:{card}".encode(), 0)
        except OSError:
            return []
        found = []
        self.call("snd_pcm_info_malloc", ctypes.byref(info))
        try:
            while self.call("snd_ctl_pcm_next_device", handle, ctypes.byref(device)) == 0 and device.value >= 0:
                self._library.snd_pcm_info_set_device(info, ctypes.c_uint(device.value))
                self._library.snd_pcm_info_set_subdevice(info, ctypes.c_uint(0))
                self._library.snd_pcm_info_set_stream(info, CAPTURE)
                if self._library.snd_ctl_pcm_info(handle, info) >= 0:
                    found.append(device.value)
        finally:
            self.free("snd_pcm_info_free", info)
            self._library.snd_ctl_close(handle)
        return found


class Pcm:
    """A device that captures, from opening on. A context manager."""

    def __init__(self, library: Library, name: str) -> None:
        """Raises ``OSError``."""
        self._library = library
        self._pcm = ctypes.c_void_p()
        library.call("snd_pcm_open", ctypes.byref(self._pcm), name.encode(), CAPTURE, NONBLOCK)
        try:
            self.rate, self.channels = self._set_hardware()
            self._set_software()
            library.call("snd_pcm_prepare", self._pcm)
            library.call("snd_pcm_start", self._pcm)
        except OSError:
            self.close()
            raise
        self._buffer = np.zeros((MAX_FRAMES, self.channels), np.int16)
        self._place = ctypes.c_void_p(self._buffer.ctypes.data)
        self._waiting, self._timespec = ctypes.c_ulong(0), ctypes.create_string_buffer(TIMESPEC_BYTES)
        self._stamped = (self._pcm, ctypes.byref(self._waiting), self._timespec)

    def close(self) -> None:
        """ALSA frees it also where it tells of an error, as of one that was unplugged; that is not to hide why."""
        pcm, self._pcm = self._pcm, ctypes.c_void_p()
        if pcm:
            with suppress(OSError):
                self._library.call("snd_pcm_close", pcm)

    def __enter__(self) -> "Pcm":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_hardware(self) -> tuple[int, int]:
        """The rate and the channels that it has: as near to 48 kHz and mono as it can without another's resampling."""
        call, pcm, parameters = self._library.call, self._pcm, ctypes.c_void_p()
        rate, channels, zero = ctypes.c_uint(48_000), ctypes.c_uint(1), ctypes.c_int(0)
        period, buffer = ctypes.c_uint(PERIOD_US), ctypes.c_uint(BUFFER_US)
        call("snd_pcm_hw_params_malloc", ctypes.byref(parameters))
        try:
            call("snd_pcm_hw_params_any", pcm, parameters)
            call("snd_pcm_hw_params_set_rate_resample", pcm, parameters, 0)
            call("snd_pcm_hw_params_set_access", pcm, parameters, INTERLEAVED)
            call("snd_pcm_hw_params_set_format", pcm, parameters, S16_LE)
            call("snd_pcm_hw_params_set_channels_near", pcm, parameters, ctypes.byref(channels))
            call("snd_pcm_hw_params_set_rate_near", pcm, parameters, ctypes.byref(rate), ctypes.byref(zero))
            call("snd_pcm_hw_params_set_period_time_near", pcm, parameters, ctypes.byref(period), ctypes.byref(zero))
            call("snd_pcm_hw_params_set_buffer_time_near", pcm, parameters, ctypes.byref(buffer), ctypes.byref(zero))
            call("snd_pcm_hw_params", pcm, parameters)
        finally:
            self._library.free("snd_pcm_hw_params_free", parameters)
        return rate.value, channels.value

    def _set_software(self) -> None:
        """Stamps by CLOCK_MONOTONIC, where the device has such."""
        call, pcm, parameters = self._library.call, self._pcm, ctypes.c_void_p()
        call("snd_pcm_sw_params_malloc", ctypes.byref(parameters))
        try:
            call("snd_pcm_sw_params_current", pcm, parameters)
            period = ctypes.c_ulong(self.rate * PERIOD_US // 1_000_000)
            call("snd_pcm_sw_params_set_avail_min", pcm, parameters, period)
            call("snd_pcm_sw_params_set_tstamp_mode", pcm, parameters, STAMPS_ON)
            call("snd_pcm_sw_params_set_tstamp_type", pcm, parameters, MONOTONIC)
            call("snd_pcm_sw_params", pcm, parameters)
        finally:
            self._library.free("snd_pcm_sw_params_free", parameters)

    def read(self, seconds: float) -> Piece | None:
        """What has come, after waiting for it so long at most. Raises ``OSError``: ``EPIPE`` where samples were lost,
        after which :meth:`restart` goes on."""
        if not self._library.call("snd_pcm_wait", self._pcm, int(seconds * 1000)):
            return None
        waiting, stamp_ns = self._stamp()
        frames = min(waiting, MAX_FRAMES)
        if not frames:
            return None
        try:
            count = self._library.call("snd_pcm_readi", self._pcm, self._place, ctypes.c_ulong(frames))
        except BlockingIOError:
            return None
        return Piece(self._buffer[:count].copy(), stamp_ns - waiting * 1_000_000_000 // self.rate) if count else None

    def _stamp(self) -> tuple[int, int]:
        """How many frames wait, and when the last of them was captured: by ALSA, else now."""
        self._library.call("snd_pcm_avail_update", self._pcm)  # has it look at the hardware, and tells of lost samples
        self._library.call("snd_pcm_htimestamp", *self._stamped)
        now_ns, stamp_ns = time.monotonic_ns(), _timespec(self._timespec.raw)
        is_sound = now_ns - OLDEST_STAMP_NS < stamp_ns <= now_ns
        return self._waiting.value, stamp_ns if is_sound else now_ns

    def restart(self) -> None:
        """Raises ``OSError``."""
        self._library.call("snd_pcm_prepare", self._pcm)
        self._library.call("snd_pcm_start", self._pcm)


def _timespec(raw: bytes) -> int:
    """Nanoseconds of a struct timespec, whose seconds have 32 or 64 bits on machines of 32 bits."""
    if ctypes.sizeof(ctypes.c_long) == 8:
        seconds, nanoseconds = struct.unpack("=qq", raw)
    elif raw[4:8] == b"\0\0\0\0":
        seconds, nanoseconds = struct.unpack("=qixxxx", raw)
    else:
        seconds, nanoseconds = struct.unpack("=iixxxxxxxx", raw)
    return int(seconds * 1_000_000_000 + nanoseconds)


def reason(error: OSError, name: str) -> str:
    """Why the microphone ``name`` cannot be heard, in words with the remedy."""
    words = {
        errno.EBUSY: "is in use by another program: end that, or name another microphone",
        errno.ENODEV: "is not there: plug it in, or look what petcam sources lists",
        errno.ENOENT: "is not there: plug it in, or look what petcam sources lists",
        errno.ENXIO: "is not there: plug it in, or look what petcam sources lists",
        errno.EACCES: "may not be opened: only root and the group audio may",
        errno.EPERM: "may not be opened: only root and the group audio may",
        errno.EINVAL: "gives no sound in a form that petcam takes, or ALSA does not know its name: petcam sources "
        "lists those that are there",
    }
    said = words.get(error.errno or 0, f"cannot be opened: {error.strerror or error}")
    return f"the microphone {name} {said}"
