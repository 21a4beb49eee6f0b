"""``petcam feed --probe``: what a source is and what is wrong with it, with the setting to change in the camera."""

import sys
import time
from collections.abc import Iterator

from petcam.commands.finding import Finding, Sign
from petcam.errors import PetcamError
from petcam.feed import sources
from petcam.feed.probing import Seen

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
TRANSCODES = "so petcam transcodes it to at most 1280×720, which costs a processor core"


def run(word: str, seconds: float = SECONDS) -> int:
    """Print each finding; 1 if the source cannot be played."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    worst = 0
    for finding in examine(word, seconds):
        print(f"{finding.sign.value}  {finding.subject:<15} {finding.words}", flush=True)
        worst = max(worst, int(finding.sign is Sign.BROKEN))
    return worst


def examine(word: str, seconds: float) -> Iterator[Finding]:
    seen, began_ns = None, time.monotonic_ns()
    damage, missed = None, 0
    try:
        with sources.raw(word) as source:
            seen = Seen(source.about, source.parameter_sets, began_ns)
            for unit in source.units(seconds):
                seen.add(unit)
            missed = source.missed
            damage = source.damage()
    except PetcamError as error:
        yield Finding(Sign.BROKEN, "source", error.message)
    if seen is None:
        return
    if not seen.count:
        yield Finding(
            Sign.BROKEN, "source", f"{seen.about.name}: no picture came in {seconds:g} s: look at its program"
        )
        return
    yield from judged(seen, damage, missed)


def judged(seen: Seen, damage: tuple[int, int] | None, missed: int) -> Iterator[Finding]:
    """``damage``: pictures decoded, and damaged ones among them; ``missed``: packets that did not come."""
    yield check_beginning(seen)
    yield check_codec(seen)
    yield check_picture(seen)
    yield check_rate(seen)
    yield check_keyframes(seen)
    yield from check_arrivals(seen)
    yield from check_timestamps(seen)
    yield check_damage(seen, damage, missed)
    yield Finding(Sign.OK, "sound", f"{seen.about.sound}; petcam does not play it" if seen.about.sound else "none")


def check_beginning(seen: Seen) -> Finding:
    if not seen.about.is_live:
        return Finding(Sign.OK, "source", f"{seen.about.name}: {seen.count} pictures were looked at")
    first = seen.first_picture_seconds
    words = f"{seen.about.name}: the first picture came after {first:.1f} s"
    if 0 <= seen.first_keyframe_seconds > first + 0.1:
        words += f", the first keyframe after {seen.first_keyframe_seconds:.1f} s"
    if first > SLOW_FIRST_SECONDS:
        return Finding(Sign.LOOK, "source", f"{words}: after each break it is dark for as long; look at the network")
    return Finding(Sign.OK, "source", words)


def check_codec(seen: Seen) -> Finding:
    name = NAMES.get(seen.about.codec, seen.about.codec)
    if seen.about.codec != "h264":
        remedy = "set its video encoding (codec) to H.264; is there a second stream with H.264?"
        return Finding(Sign.LOOK, "codec", f"{name}: browsers do not play it live, {TRANSCODES}: {remedy}")
    words = f"{name} {_profile(seen)}"
    if not seen.fault:
        return Finding(Sign.OK, "codec", f"{words}, without B-frames")
    return Finding(
        Sign.LOOK, "codec", f"{words}: browsers do not play it live, as {seen.fault}, {TRANSCODES}: {_setting(seen)}"
    )


def _profile(seen: Seen) -> str:
    if len(seen.profile_bytes) < 3:
        return "of an unknown profile"
    number, constraints, level = seen.profile_bytes
    constrained = "constrained " if number == 66 and constraints & 0x40 else ""
    return f"{constrained}{PROFILES.get(number, f'profile {number}')}, level {level // 10}.{level % 10}"


def _setting(seen: Seen) -> str:
    """What to change, by what H.264 can be unplayable for."""
    if "B-frames" in seen.fault:
        return "set the number of B-frames to 0, or the profile to baseline"
    if "interlaced" in seen.fault:
        return "set the video output to progressive, or take a smaller picture size"
    return "set the profile to main or baseline"


def check_picture(seen: Seen) -> Finding:
    width, height = seen.size
    words = f"{width}×{height}"
    if seen.aspect != (1, 1):
        across, down = seen.aspect
        words += f" of pixels {across}:{down}, shown as {round(width * across / down)}×{height}"
    if len(seen.sps_kinds) > 1:
        return Finding(Sign.LOOK, "picture", f"{words}; its size or profile changes while it runs: {_no_changes()}")
    return Finding(Sign.OK, "picture", words)


def _no_changes() -> str:
    return "each change ends a recording: switch the camera's automatic resolution off"


def check_rate(seen: Seen) -> Finding:
    fps, bits = seen.fps, seen.bits_per_second
    if not fps and seen.about.is_live:
        return Finding(Sign.LOOK, "rate", "too few pictures came to tell it: set the camera's frame rate to 15 to 30")
    if not fps:
        return Finding(Sign.OK, "rate", "it does not say; petcam plays 30 pictures/s")
    words = f"{fps:.1f} pictures/s, {bits / 1e6:.1f} Mbit/s"
    if _differs(seen.fps_said, fps):
        return Finding(Sign.LOOK, "rate", f"{words}, where it says {seen.fps_said:.4g}{_set_rate(seen.fps_said, fps)}")
    if bits > MAX_BITS_PER_SECOND:
        return Finding(Sign.LOOK, "rate", f"{words}, for each viewer: set its bit rate to 2000 to 4000 kbit/s")
    return Finding(Sign.OK, "rate", words)


def _differs(said: float, fps: float) -> bool:
    return bool(said and fps) and abs(said - fps) > RATE_TOLERANCE * said


def _set_rate(said: float, fps: float) -> str:
    remedy = f"set its frame rate to {max(1, round(fps))}"
    if said < fps:
        return f"; petcam goes by what comes: {remedy}"
    return f"; in the dark many cameras slow down: {remedy}, or its longest exposure (shutter) to 1/{round(said)} s"


def check_keyframes(seen: Seen) -> Finding:
    lasts, wanted = seen.keyframe_seconds, WANTED_GROUP_SECONDS * max(1, round(seen.fps))
    remedy = f"set its keyframe interval (I-frame interval, GOP) to {WANTED_GROUP_SECONDS} s ({wanted} pictures)"
    if not seen.keyframe_count:
        how = ", only recovery points (intra refresh)" if seen.has_recovery_points else ""
        words = f"none in {seen.seconds:.0f} s{how}: nobody can begin to watch or record: {remedy}"
        return Finding(Sign.LOOK, "keyframes", f"{words}, and switch H.264+, Smart H.264, Zipstream and the like off")
    if lasts > LONG_GROUP_SECONDS:
        words = f"up to {lasts:.1f} s apart, for which who comes to watch or record may wait"
        return Finding(Sign.LOOK, "keyframes", f"{words}: {remedy}")
    if seen.keyframe_count == seen.count:
        return Finding(Sign.OK, "keyframes", "each picture is one")
    return Finding(Sign.OK, "keyframes", f"at most {lasts:.1f} s apart" if lasts else f"{seen.keyframe_count}")


def check_arrivals(seen: Seen) -> Iterator[Finding]:
    """Of live sources."""
    if seen.arrivals is None:
        return
    late = seen.arrivals.late_ns
    words = f"pictures come up to {late / 1e6:.0f} ms late"
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
        remedy = "look for newer firmware; petcam goes by when the pictures come"
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


def check_damage(seen: Seen, damage: tuple[int, int] | None, missed: int) -> Finding:
    decoded, damaged = damage or (seen.count, 0)
    damaged = max(damaged, seen.damaged)
    if damaged:
        where = f"{damaged} of {decoded} pictures {'is' if damaged == 1 else 'are'} damaged"
    else:
        where = f"none of {decoded} pictures is damaged"
    if damage is None:
        where += ", as far as their headers tell"
    if missed:
        return Finding(Sign.LOOK, "loss", f"{where}; {missed} packets of the network did not come: {BY_TCP}")
    if damaged:
        remedy = f"{NETWORK}, or look for newer firmware" if seen.about.is_network else "petcam leaves such out"
        return Finding(Sign.LOOK, "loss", f"{where}: {remedy}")
    return Finding(Sign.OK, "loss", where)
