"""``petcam feed --probe``: what a source is and what is wrong with it, with the setting to change in the camera."""

import sys
import time
from collections.abc import Iterator

from petcam.commands.finding import Finding, Sign
from petcam.errors import Code, PetcamError
from petcam.feed import sources
from petcam.feed.probing import Seen
from petcam.feed.sources import Decoded
from petcam.media import pyav

SECONDS = 10.0  # it is watched
SLOW_FIRST_SECONDS = 3.0  # until the first picture
LONG_GROUP_SECONDS = 4.0  # from keyframe to keyframe
WANTED_GROUP_SECONDS = 2
RATE_TOLERANCE = 0.1  # between the rate that is said and that which comes
LATE_NS = 100_000_000  # of pictures, by the network: more of it shows
MAX_BITS_PER_SECOND = 8_000_000  # for each viewer, over Wi-Fi
PROFILES = {
    66: "baseline",
    77: "main",
    88: "extended",
    100: "high",
    110: "high 10",
    122: "high 4:2:2",
    244: "high 4:4:4",
}
NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "mpeg4": "MPEG-4 Visual", "av1": "AV1", "rawvideo": "raw"}
NETWORK = "use a cable instead of Wi-Fi, or lower the bit rate in the camera's settings"
BY_TCP = "allow RTP over TCP in the camera's settings, or use a cable instead of Wi-Fi"  # TCP loses none
TRANSCODES = "petcam transcodes it to at most 1280×720, which costs a processor core"


def run(word: str, seconds: float = SECONDS) -> int:
    """Print each finding; 1 if the source cannot be played."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    print(f"looking at it for up to {seconds:g} s ...", file=sys.stderr)
    worst = 0
    for finding in examine(word, seconds):
        print(f"{finding.sign.value}  {finding.subject:<15} {finding.words}", flush=True)
        worst = max(worst, int(finding.sign is Sign.BROKEN))
    return worst


def examine(word: str, seconds: float) -> Iterator[Finding]:
    seen, began_ns = None, time.monotonic_ns()
    decoded, missed, sound = None, 0, []
    try:
        with sources.raw(word) as source:
            seen = Seen(source.about, source.parameter_sets, began_ns)
            for unit in source.units(seconds):
                seen.add(unit)
            missed = source.missed
            decoded = source.decoded()
            if not source.end:
                sound.append(check_sound(source.sound()))
        if source.end or not seen.count:
            end = source.end or "nothing came: look at what sends it"
            raise PetcamError(Code.BAD_SOURCE, f"{seen.about.name}: {end}")
    except PetcamError as error:
        yield Finding(Sign.BROKEN, "source", error.message)
    if seen is not None and seen.count:
        yield from judged(seen, decoded, missed)
        yield from sound


def judged(seen: Seen, decoded: Decoded | None, missed: int) -> Iterator[Finding]:
    """``missed``: packets that did not come."""
    yield check_beginning(seen)
    yield check_codec(seen)
    yield check_picture(seen, decoded.turns if decoded else 0)
    yield check_rate(seen)
    yield check_keyframes(seen)
    yield from check_arrivals(seen)
    yield from check_timestamps(seen)
    yield check_damage(seen, decoded, missed)


def check_beginning(seen: Seen) -> Finding:
    if not seen.about.is_live:
        return Finding(Sign.OK, "source", f"{seen.about.name}: {seen.count} pictures were looked at")
    first = seen.first_picture_seconds
    words = f"{seen.about.name}: the first picture came after {first:.1f} s"
    if 0 <= seen.first_keyframe_seconds > first + 0.1:
        words += f", the first keyframe after {seen.first_keyframe_seconds:.1f} s"
    if seen.about.refuses_tcp:
        words += ", by UDP, as it refuses TCP"
    if first > SLOW_FIRST_SECONDS:
        return Finding(Sign.LOOK, "source", f"{words}: after each break it is dark for as long; look at the network")
    return Finding(Sign.OK, "source", words)


def check_codec(seen: Seen) -> Finding:
    name = NAMES.get(seen.about.codec, seen.about.codec)
    if seen.about.codec != "h264":
        return Finding(
            Sign.LOOK, "codec", f"{name}: browsers do not play it live, so {TRANSCODES}: {_other_codec(seen)}"
        )
    words = f"{name} {_profile(seen)}"
    if not seen.fault:
        return Finding(Sign.OK, "codec", f"{words}, without B-frames")
    words += f": browsers do not play it live, as {seen.fault}"
    if not seen.about.can_transcode:
        return Finding(Sign.BROKEN, "codec", f"{words}: {_setting(seen)}; or let petcam transcode it: {pyav.REMEDY}")
    return Finding(Sign.LOOK, "codec", f"{words}, so {TRANSCODES}: {_setting(seen)}")


def _other_codec(seen: Seen) -> str:
    if not seen.about.is_live:
        return _anew(seen)
    if seen.about.is_network:
        return "set its video encoding (codec) to H.264, or name a second stream of it that has H.264"
    return "a camera that makes H.264 itself spares that"


def _anew(seen: Seen) -> str:
    """The remedy for a file, whatever is wrong with it."""
    return f"make it anew: ffmpeg -i FILE -c:v libx264 -bf 0 -g {_wanted_group(seen)} -pix_fmt yuv420p NEW.mp4"


def _wanted_group(seen: Seen) -> int:
    """Pictures from keyframe to keyframe."""
    return WANTED_GROUP_SECONDS * max(1, round(seen.fps))


def _profile(seen: Seen) -> str:
    if len(seen.profile_bytes) < 3:
        return "of an unknown profile"
    number, constraints, level = seen.profile_bytes
    constrained = "constrained " if number == 66 and constraints & 0x40 else ""
    return f"{constrained}{PROFILES.get(number, f'profile {number}')}, level {level // 10}.{level % 10}"


def _setting(seen: Seen) -> str:
    """What to change, by what H.264 can be unplayable for."""
    if not seen.about.is_live:
        return _anew(seen)
    if "B-frames" in seen.fault:
        return "set the number of B-frames to 0, or the profile to baseline"
    if "interlaced" in seen.fault:
        return "set the video output to progressive, or take a smaller picture size"
    return "set the profile to main or baseline"


def check_picture(seen: Seen, turns: int) -> Finding:
    """``turns``: quarter turns that make it upright."""
    words = _size(*seen.size)
    shown, oddities = _shown(seen, turns)
    if len(seen.kinds) > 1:
        return Finding(Sign.LOOK, "picture", f"{words}; {_changes(seen)}")
    if not oddities:
        return Finding(Sign.OK, "picture", words)
    words += f", {oddities}"
    is_passed_on = seen.about.codec == "h264" and not seen.fault
    if turns and is_passed_on and seen.about.is_live:
        remedy = "set the picture's rotation in the camera's settings"
        return Finding(Sign.LOOK, "picture", f"{words}, and petcam does not turn what browsers can play: {remedy}")
    if turns and is_passed_on:
        words += f": to show it as {shown} {TRANSCODES}: {_anew(seen)}"
        return Finding(Sign.LOOK, "picture", words)
    return Finding(Sign.OK, "picture", f"{words}: petcam shows it as {shown}")


def _shown(seen: Seen, turns: int) -> tuple[str, str]:
    """The size in which it is to be seen, and why that is not its own; empty: it is."""
    (width, height), (across, down) = seen.size, seen.aspect
    oddities = [f"its pixels are not square ({across}:{down})"] if across != down else []
    if turns:
        oddities.append("it stands on its head" if turns == 2 else "it lies on its side")
    width = round(width * across / down)
    return _size(height, width) if turns % 2 else _size(width, height), " and ".join(oddities)


def _size(width: int, height: int) -> str:
    return f"{width}×{height}"


def _changes(seen: Seen) -> str:
    sizes = list(dict.fromkeys(_size(width, height) for width, height, _ in seen.kinds))
    what = f"its size changes while it runs ({', '.join(sizes)})" if len(sizes) > 1 else "its profile changes"
    remedy = ": switch the camera's automatic resolution off" if seen.about.is_live else ""
    return f"{what}, and each change ends a recording{remedy}"


def check_rate(seen: Seen) -> Finding:
    fps, bits = seen.fps, seen.bits_per_second
    if not fps:
        return Finding(Sign.LOOK, "rate", "too few pictures came to tell it: set the camera's frame rate to 15 to 30")
    words = f"{fps:.1f} pictures/s, {bits / 1e6:.1f} Mbit/s"
    if seen.about.is_live and _differs(seen.fps_said, fps):
        return Finding(Sign.LOOK, "rate", f"{words}, where it says {seen.fps_said:.4g}{_set_rate(seen.fps_said, fps)}")
    if bits > MAX_BITS_PER_SECOND:
        remedy = "set its bit rate to 2000 to 4000 kbit/s" if seen.about.is_live else _anew(seen)
        return Finding(Sign.LOOK, "rate", f"{words}, for each viewer: {remedy}")
    return Finding(Sign.OK, "rate", words if seen.says_rate else f"{words}, as petcam plays a file that says no rate")


def _differs(said: float, fps: float) -> bool:
    return bool(said and fps) and abs(said - fps) > RATE_TOLERANCE * said


def _set_rate(said: float, fps: float) -> str:
    remedy = f"; petcam goes by what comes: set its frame rate to {max(1, round(fps))}"
    if said < fps:
        return remedy
    return f"{remedy}, or, if it is so in the dark alone, its longest exposure (shutter) to 1/{round(said)} s"


def check_keyframes(seen: Seen) -> Finding:
    lasts = seen.keyframe_seconds
    remedy = f"set its keyframe interval (I-frame interval, GOP) to {WANTED_GROUP_SECONDS} s"
    if seen.fps:
        remedy += f" ({_wanted_group(seen)} pictures)"
    if not seen.about.is_live:
        remedy = _anew(seen)
    if not seen.keyframe_count:
        if seen.about.is_live:
            remedy += ", and switch H.264+, Smart H.264, Zipstream and the like off"
        words = f"none in {seen.seconds:.0f} s" if seen.seconds else "none came"
        return Finding(Sign.LOOK, "keyframes", f"{words}{_without_keyframes(seen)}: {remedy}")
    if lasts > LONG_GROUP_SECONDS:
        words = f"only one in {lasts:.0f} s" if seen.keyframe_count == 1 else f"up to {lasts:.1f} s apart"
        return Finding(Sign.LOOK, "keyframes", f"{words}; whoever comes to watch or record may have to wait: {remedy}")
    if seen.keyframe_count == seen.count:
        return Finding(Sign.OK, "keyframes", "each picture is one")
    return Finding(Sign.OK, "keyframes", f"at most {lasts:.1f} s apart" if lasts else f"{seen.keyframe_count} came")


def _without_keyframes(seen: Seen) -> str:
    if not seen.has_recovery_points:
        return ", so nobody can begin to watch or record"
    words = ", only recovery points (intra refresh)"
    if seen.about.can_transcode:
        return f"{words}, so {TRANSCODES}"
    return f"{words}, at which browsers and recordings cannot begin"


def check_arrivals(seen: Seen) -> Iterator[Finding]:
    """Of live sources."""
    if seen.arrivals is None:
        return
    late = seen.arrivals.late_ns
    words = f"pictures come up to {late / 1e6:.0f} ms late" if late >= 1_000_000 else "pictures come evenly"
    if late > LATE_NS:
        remedy = NETWORK if seen.about.is_network else "end other programs, or lower its size or frame rate"
        yield Finding(Sign.LOOK, "arrival", f"{words}, so they stutter: {remedy}")
    else:
        yield Finding(Sign.OK, "arrival", words)


def check_timestamps(seen: Seen) -> Iterator[Finding]:
    """Of sources that have some."""
    stamps = seen.timestamps
    if stamps is None:
        return
    words = f"{stamps.fps:.1f} pictures/s by its clock"
    if stamps.jumps:
        remedy = "petcam goes by when the pictures come; look for newer firmware"
        remedy = remedy if seen.about.is_live else _anew(seen)
        yield Finding(Sign.LOOK, "timestamps", f"{words}, which jumped {_times(stamps.jumps)}: {remedy}")
    elif seen.about.is_live and _differs(stamps.fps, seen.fps):
        words = f"{words}, where {seen.fps:.1f} come{_set_rate(stamps.fps, seen.fps)}"
        yield Finding(Sign.LOOK, "timestamps", words)
    elif stamps.missing:
        words = f"{words}; by them {stamps.missing} pictures between others are missing"
        yield Finding(Sign.LOOK, "timestamps", f"{words}: {NETWORK}" if seen.about.is_network else words)
    else:
        yield Finding(Sign.OK, "timestamps", words)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def check_damage(seen: Seen, decoded: Decoded | None, missed: int) -> Finding:
    count = decoded.pictures if decoded else seen.count
    damaged = max(decoded.damaged if decoded else 0, seen.damaged)
    if damaged:
        where = f"{damaged} of {count} pictures {'is' if damaged == 1 else 'are'} damaged"
    else:
        where = f"none of {count} pictures is damaged"
    if decoded is None:
        where += ", as far as their headers tell"
    if missed:
        return Finding(Sign.LOOK, "loss", f"{where}; {missed} packets of the network did not come: {BY_TCP}")
    if damaged:
        remedy = f"{NETWORK}, or look for newer firmware" if seen.about.is_network else "petcam leaves such out"
        return Finding(Sign.LOOK, "loss", f"{where}: {remedy}")
    return Finding(Sign.OK, "loss", where)


def check_sound(sound: str | None) -> Finding:
    if sound is None:
        words = "it could not be had, as the camera ends a connection that asks for it: hear it by a microphone here"
        return Finding(Sign.OK, "sound", words)
    return Finding(Sign.OK, "sound", f"{sound}; camera.microphone: source has it heard" if sound else "none")
