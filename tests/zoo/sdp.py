"""What a camera says of its tracks (RFC 4566, RFC 6184, RFC 7798)."""

import base64

from petcam.h264 import annexb
from tests.zoo.habits import Habits

HEAD = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0")
AUDIO = ("m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:audio")


def description(habits: Habits, units: list[list[bytes]]) -> str:
    lines = [*HEAD]
    for track in habits.tracks:
        lines += AUDIO if track == "audio" else _video(habits, units)
    return "".join(f"{line}\r\n" for line in lines)


def _video(habits: Habits, units: list[list[bytes]]) -> list[str]:
    if habits.is_h265:
        return ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H265/90000", "a=control:video"]
    sets = [nal for nal in units[0] if annexb.nal_type(nal) in (annexb.SPS, annexb.PPS)]
    sprop = ";sprop-parameter-sets=" + ",".join(base64.b64encode(nal).decode() for nal in sets)
    mode = "a=fmtp:96 packetization-mode=1" + (sprop if habits.has_sprop else "")
    return ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", mode, "a=control:video"]
