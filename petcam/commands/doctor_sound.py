"""What ``petcam doctor`` says of sound: which microphones there are, and what is heard."""

import re
import time
from collections.abc import Iterator

from petcam.access import SoundSwitch
from petcam.commands.feed import SOUND_MARK
from petcam.commands.finding import Finding, Sign
from petcam.config import Camera
from petcam.discovery import microphones
from petcam.errors import PetcamError
from petcam.shm.audio import AudioPacket, AudioReader

SUBJECT = "microphone"
PACKETS = 50  # that are listened to: a second
TIMEOUT_SECONDS = 1.5  # for the first of them
FRESH_NS = 1_000_000_000  # what is older was heard by a feed that was killed since, and left its segment
NOTHING_DB, FAINT_DB, CLIPPED_DB = -95.0, -70.0, -0.1
CARD_PATTERN = re.compile(r"hw:(?:CARD=)?([A-Za-z0-9_]+)")  # in camera.microphone, of a card's own name or number


def check_sound(camera: Camera, status: str, switch: SoundSwitch) -> Iterator[Finding]:
    """``status`` is the feed's."""
    yield _listed()
    if not camera.microphone:
        return
    if (off := _why_off(switch)) is not None:  # whatever another program's segment has: none of it goes on
        yield off
        return
    try:
        heard = _listen(camera.audio)
    except PetcamError as error:
        yield Finding(Sign.BROKEN, "sound", error.message)
        return
    except OSError as error:
        yield Finding(Sign.BROKEN, "sound", f"{camera.audio}: {error.strerror}: sudo petcam doctor")
        return
    yield _judged(heard, camera.microphone) if heard else _why_nothing(camera, status)


def _listed() -> Finding:
    found, why = microphones()
    words = ", ".join(each.source for each in found)
    return Finding(Sign.OK, SUBJECT, f"there are {words}" if found else f"none: {why}")


def _listen(name: str) -> list[AudioPacket]:
    heard: list[AudioPacket] = []
    oldest = time.monotonic_ns() - FRESH_NS
    with AudioReader(name) as reader:
        while len(heard) < PACKETS and (packet := reader.read(TIMEOUT_SECONDS)) is not None:
            if packet.publish_ns >= oldest:
                heard.append(packet)
    return heard


def _judged(heard: list[AudioPacket], microphone: str) -> Finding:
    """By the loudest of them: between words a room is quiet."""
    level = _set_level(microphone)
    rms, peak = max(packet.rms_db for packet in heard), max(packet.peak_db for packet in heard)
    words = f"{rms:.0f} dBFS, peaks {peak:.0f}"
    if rms <= NOTHING_DB:
        return Finding(Sign.LOOK, "sound", f"nothing but silence is heard; unmute it and set its level: {level}")
    if rms < FAINT_DB:
        return Finding(Sign.OK, "sound", f"{words}: it is very quiet; if it should not be, set its level: {level}")
    if peak > CLIPPED_DB:
        return Finding(Sign.LOOK, "sound", f"{words}: it is too loud and cut off; set its level: {level}")
    return Finding(Sign.OK, "sound", f"{words} is heard")


def _set_level(microphone: str) -> str:
    if microphone == "source":
        return "in the settings of the camera itself"
    card = CARD_PATTERN.search(microphone)
    return "sudo apt install alsa-utils && sudo alsamixer -V capture" + (f" -c {card[1]}" if card else "")


def _why_off(switch: SoundSwitch) -> Finding | None:
    fault = switch.fault()
    if fault is not None:
        return Finding(Sign.BROKEN, "sound", f"the microphone is off: {fault.message}")
    state = switch.state()
    if state.on:
        return None
    since = f" since {state.since}" if state.since else ""
    words = f"ended by the owner{since}: begin it again on the page, or: sudo rm {switch.path}"
    return Finding(Sign.LOOK, "sound", words)


def _why_nothing(camera: Camera, status: str) -> Finding:
    said = status.partition(SOUND_MARK)[2]
    words = said or f"nothing is heard by camera.microphone ({camera.microphone}); is petcam-feed running?"
    return Finding(Sign.BROKEN if said else Sign.LOOK, "sound", words)
