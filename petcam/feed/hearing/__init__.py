"""What ``petcam feed`` hears: microphones by ALSA, and the encoding of all sound to Opus.

``ear`` puts a source's sound into the audio segment, behind the owner's switch; ``sound`` says what a source is and
what it yields. ``microphone`` is one, by ``alsa`` and ``card_clock``; a camera's, a file's and the demo's own sound are
in ``sources``. ``packets`` makes Opus of samples, by ``resampler``, ``opus_encoder`` and ``loudness``.
Imports ``petcam.errors``, ``petcam.feed`` and ``petcam.media``. Others import from here only.
"""

from petcam.feed.hearing.card_clock import CardClock
from petcam.feed.hearing.ear import Ear
from petcam.feed.hearing.loudness import levels
from petcam.feed.hearing.microphone import Microphone
from petcam.feed.hearing.opus_encoder import PACKET_SAMPLES, RATE, OpusEncoder
from petcam.feed.hearing.packets import Packets
from petcam.feed.hearing.resampler import mono
from petcam.feed.hearing.sound import SoundPacket, SoundSource, Stop

__all__ = [
    "PACKET_SAMPLES",
    "RATE",
    "CardClock",
    "Ear",
    "Microphone",
    "OpusEncoder",
    "Packets",
    "SoundPacket",
    "SoundSource",
    "Stop",
    "levels",
    "mono",
]
