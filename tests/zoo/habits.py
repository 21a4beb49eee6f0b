"""What a camera of the zoo does that others do not. Without any habit it does all as it should."""

from dataclasses import dataclass

from tests.zoo.login import Login


@dataclass(frozen=True)
class Habits:
    """Times in seconds; pictures are counted from PLAY on, from 0."""

    # What it sends, and how it stamps that.
    fps: float = 20  # pictures that it sends in a second
    stamped: float = 1  # seconds that it stamps in a second of ours
    first: int = 0  # access unit of the clip with which it begins: joined late
    jitter: float = 0  # a picture is sent so much late at most
    jumps: tuple[tuple[int, float], ...] = ()  # from this picture on all stamps are off by so much more
    glitches: tuple[tuple[int, float], ...] = ()  # the stamp of this picture alone is off by so much
    first_stamp: int = 1000  # of 90 kHz
    sets_stamped_before: bool = False  # parameter sets have the stamp of the picture before theirs
    is_h265: bool = False
    cuts_evenly: bool = False  # a NAL unit that fills several packets fills each as much
    lost_packets: int = 0  # of so many RTP packets one is not sent
    beeps: bool = False  # its sound, else silence, has one of a tenth of a second at the beginning of each
    # How it talks.
    tracks: tuple[str, ...] = ("video",)  # "video" and "audio" (PCMA), in the order of its SDP
    refused: tuple[str, ...] = ()  # tracks of its SDP for which it refuses SETUP
    transports: tuple[str, ...] = ("tcp", "udp")
    has_sprop: bool = True  # its SDP has the parameter sets
    login: Login | None = None
    redirects: bool = False  # a DESCRIBE of /live is sent on to /moved
    keepalive: str = ""  # the request that it knows for that, besides which it hangs up; empty: it needs none
    session_seconds: int = 60  # without such a request, as it says; it waits for four times as long
    # How it falls silent; of the last two the next connection is spared.
    is_half_open: bool = False  # it accepts connections and never answers
    hangs_at: int | None = None  # before this picture it falls silent, and keeps the connection
    closes_at: int | None = None  # before this picture it closes the connection
