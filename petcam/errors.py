"""The one error type: a code that programs compare and a message for people."""

from enum import Enum


class Code(Enum):
    """What went wrong. The web tier maps each to an HTTP status, the command line to an exit status."""

    BAD_CONFIG = "bad config"
    BAD_REQUEST = "Bad request"
    UNAUTHORIZED = "Login required"
    FORBIDDEN = "Forbidden"
    UNKNOWN_HOST = "Unknown host"
    NOT_FOUND = "Not found"
    CONFLICT = "Conflict"
    TOO_LARGE = "Too large"
    BAD_OFFER = "Bad offer"
    TOO_MANY_VIEWERS = "Too many viewers"
    BUSY = "Too many clients"
    UNSUPPORTED = "Not supported here"
    STREAMER_UNAVAILABLE = "Go server unavailable"
    STREAMER_TIMEOUT = "Go server timeout"
    DISK_NOT_MOUNTED = "Disk not mounted"  # of the recordings; the streamer's phrase too
    PROXY = "Proxy error"
    STATE_DAMAGED = "State damaged"  # a file of the state directory cannot be read: nobody gets in by it
    STATE_NOT_WRITTEN = "State not written"  # the disk has what was there before
    STATE_NOT_SYNCED = "State not synced"  # the disk has what is new, and a power cut may undo it
    DISK_FAULT = "Disk fault"  # of the recordings
    EVENTS_UNREADABLE = "Events not readable"  # for now, or until the service that writes them runs
    EVENTS_AWAY = "Events service unavailable"  # petcam-events does not run, or does not answer
    WEB_AWAY = "Web service unavailable"  # petcam-web does not run, or does not answer its control socket
    DISK_FULL = "Disk full"
    CAMERA_OFF = "Camera off"  # the owner has turned it off; the streamer's phrase too
    CAMERA_SILENT = "Camera silent"
    NO_KEYFRAME = "No keyframe"  # pictures come, but none to begin at; the streamer's reason too
    BAD_SEGMENT = "bad segment"
    BAD_SOURCE = "bad source"
    BAD_MODEL = "bad model"  # a detector's file that petcam cannot or will not run
    PORT_UNAVAILABLE = "port unavailable"  # now; time may mend it


class PetcamError(Exception):
    """An error that a person can act on.

    ``message`` is English, for programs and logs, and safe to show to anyone; what only the log may have goes into
    ``__cause__``. ``key`` names the words for people (docs/words.md), where there are some, ``values`` fill their
    places.
    """

    def __init__(self, code: Code, message: str, key: str = "", **values: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.key = key
        self.values = values
