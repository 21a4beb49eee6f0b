"""Writes MP4 files in the form of docs/recordings.md, "A finished file"; with real video where PyAV is installed.

``boxes`` are the samples of the second track, each ``(ticks, bytes)``; None: a file of before there was one.
"""

import struct
from fractions import Fraction

FRAME_TICKS = 3000  # of 1/90000 s
SILENCE, SOUND_TICKS, SOUND_RATE = b"\xf8\xff\xfe", 960, 48_000  # a packet of Opus, its duration


SECONDS_TO_1970 = 2_082_844_800  # from 1904


def write_mp4(
    path, frames, created=-SECONDS_TO_1970, sar="1/1", size=(64, 48), grey=128, boxes=None, film=None, sound=0
):
    """A file of ``frames`` pictures, 1/30 s apart; ``created`` is Unix time, ``sar`` the shape of a pixel, ``size`` in
    pixels (even), ``grey`` how bright the first picture is. ``film``: samples, their avcC and the numbers of keyframes
    from 1, instead of such pictures. ``sound`` is how many packets of silence are in a third track; 0: there is none.

    Without PyAV the pictures' bytes are not valid video.
    """
    samples, configuration, keyframes = film or (*_pictures(frames, sar, size, grey), [1])
    frames = len(samples)
    ftyp = _box(b"ftyp", b"isom\0\0\2\0isomiso2iso5iso6avc1mp41")
    notes, packets = [text for _, text in boxes or []], [SILENCE] * sound
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + sum(map(len, samples + notes + packets)))
    offset = len(ftyp) + len(mdat)
    track = b"" if boxes is None else _box_track(boxes, frames * FRAME_TICKS, offset + sum(map(len, samples)))
    track += _sound_track(sound, offset + sum(map(len, samples + notes))) if sound else b""
    moov = _moov(samples, configuration, offset, created, size, track, keyframes)
    path.write_bytes(ftyp + mdat + b"".join(samples + notes + packets) + moov)


def _pictures(frames, sar="1/1", size=(64, 48), grey=128):
    try:
        import av
    except ImportError:
        return [b"\0\0\0\1\x65"] * frames, b"\1\x42\0\x1f\xff\xe1\0\0\1\0\0"
    encoder = av.CodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt, encoder.time_base = size, "yuv420p", Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    encoder.options = {**encoder.options, "x264-params": f"sar={sar}"}
    packets = []
    for number in range(frames):
        picture = av.VideoFrame(*size, "yuv420p")
        for plane, shade in zip(picture.planes, ((grey + number) % 256, 128, 128), strict=True):
            plane.update(bytes([shade]) * plane.buffer_size)
        packets += encoder.encode(picture)
    return samples_of([bytes(packet) for packet in packets + encoder.encode(None)])


def samples_of(access_units):
    """What is stored of access units in Annex-B form, and their avcC, of the first one's parameter sets."""
    units = [_nals(unit) for unit in access_units]
    (sps,), (pps,) = ([nal for nal in units[0] if nal[0] & 31 == kind] for kind in (7, 8))
    sets = b"\xe1" + struct.pack(">H", len(sps)) + sps + b"\1" + struct.pack(">H", len(pps)) + pps
    samples = [b"".join(struct.pack(">I", len(nal)) + nal for nal in unit if nal[0] & 31 in (1, 5)) for unit in units]
    return samples, b"\1" + sps[1:4] + b"\xff" + sets


def _nals(annexb):
    return [part.rstrip(b"\0") for part in annexb.split(b"\0\0\1") if part.rstrip(b"\0")]


def _moov(samples, configuration, offset, created, size=(64, 48), more=b"", keyframes=()):
    duration = len(samples) * FRAME_TICKS
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    sizes = b"".join(struct.pack(">I", len(sample)) for sample in samples)
    offsets = b"".join(struct.pack(">I", offset + sum(map(len, samples[:i]))) for i in range(len(samples)))
    entry = bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HHIIIH", *size, 0x480000, 0x480000, 0, 1) + bytes(32)
    avc1 = _box(b"avc1", entry + b"\0\x18\xff\xff" + _box(b"avcC", configuration))
    stbl = (
        _full(b"stsd", struct.pack(">I", 1) + avc1)
        + _full(b"stts", struct.pack(">III", 1, len(samples), FRAME_TICKS))
        + (_full(b"stss", _array(">I", [len(keyframes), *keyframes])) if samples else b"")
        + _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1))
        + _full(b"stsz", struct.pack(">II", 0, len(samples)) + sizes)
        + _full(b"stco", struct.pack(">I", len(samples)) + offsets)
    )
    times = struct.pack(">QQIQ", created + SECONDS_TO_1970, 0, 90000, duration)
    dref = _full(b"dref", struct.pack(">I", 1) + _box(b"url ", b"\0\0\0\1"))
    minf = _box(b"minf", _full(b"vmhd", bytes(8)) + _box(b"dinf", dref) + _box(b"stbl", stbl))
    handler = _full(b"hdlr", bytes(4) + b"vide" + bytes(13))
    mdia = _box(b"mdia", _full(b"mdhd", times + b"\x55\xc4\0\0", 1) + handler + minf)
    tkhd = (
        struct.pack(">QQIIQ", 0, 0, 1, 0, duration)
        + bytes(16)
        + matrix
        + struct.pack(">II", *(each << 16 for each in size))
    )
    mvhd = times + b"\0\1\0\0\1\0" + bytes(10) + matrix + bytes(24) + struct.pack(">I", 2)
    trak = _box(b"trak", _full(b"tkhd", tkhd, 1) + mdia)
    return _box(b"moov", _full(b"mvhd", mvhd, 1) + trak + more)


def _box_track(boxes, end, offset):
    """Its samples lie one behind the other at ``offset``."""
    times = [ticks for ticks, _ in boxes]
    durations = [after - before for before, after in zip(times, [*times[1:], end])]  # noqa: B905 - one more
    first = times[0] if times else end
    offsets = [offset + sum(len(text) for _, text in boxes[:number]) for number in range(len(boxes))]
    entry = bytes(6) + b"\0\1" + b"\0application/vnd.petcam.boxes+json\0"
    stbl = (
        _full(b"stsd", struct.pack(">I", 1) + _box(b"mett", entry))
        + _full(b"stts", _array(">I", [len(durations)]) + _array(">II", [(1, each) for each in durations]))
        + _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1) if boxes else bytes(4))
        + _full(b"stsz", struct.pack(">II", 0, len(boxes)) + _array(">I", [len(text) for _, text in boxes]))
        + _full(b"stco", struct.pack(">I", len(boxes)) + _array(">I", offsets))
    )
    minf = _box(b"minf", _full(b"nmhd", b"") + _box(b"stbl", stbl))
    mdia = _box(b"mdia", _full(b"hdlr", bytes(4) + b"meta" + bytes(13)) + minf)
    edits = struct.pack(">IQqIQqI", 2, first, -1, 0x10000, end - first, 0, 0x10000)
    edts = _box(b"edts", _full(b"elst", edits, 1)) if boxes and first else b""
    return _box(b"trak", _full(b"tkhd", struct.pack(">QQII", 0, 0, 2, 0) + bytes(68), 1) + edts + mdia)


def _sound_track(count, offset):
    """Its samples lie one behind the other at ``offset``."""
    entry = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", 1, 16, 0, SOUND_RATE << 16)
    entry += _box(b"dOps", struct.pack(">BBHIHB", 0, 1, 0, SOUND_RATE, 0, 0))
    stbl = (
        _full(b"stsd", struct.pack(">I", 1) + _box(b"Opus", entry))
        + _full(b"stts", _array(">I", [1, count, SOUND_TICKS] if count else [0]))
        + _full(b"stsc", _array(">I", [1, 1, 1, 1] if count else [0]))
        + _full(b"stsz", struct.pack(">II", 0, count) + _array(">I", [len(SILENCE)] * count))
        + _full(b"stco", struct.pack(">I", count) + _array(">I", [offset + len(SILENCE) * n for n in range(count)]))
    )
    times = struct.pack(">QQIQ", 0, 0, SOUND_RATE, count * SOUND_TICKS)
    minf = _box(b"minf", _full(b"smhd", bytes(4)) + _box(b"stbl", stbl))
    handler = _full(b"hdlr", bytes(4) + b"soun" + bytes(13))
    mdia = _box(b"mdia", _full(b"mdhd", times + b"\x55\xc4\0\0", 1) + handler + minf)
    return _box(b"trak", _full(b"tkhd", struct.pack(">QQII", 0, 0, 3, 0) + bytes(68), 1) + mdia)


def _array(kind, numbers):
    return b"".join(struct.pack(kind, *(each if isinstance(each, tuple) else (each,))) for each in numbers)


def _box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind, content, version=0):
    return _box(kind, bytes([version, 0, 0, 0]) + content)


def write_growing_mp4(path, frames, created=-SECONDS_TO_1970, boxes=None, film=None, sound=0):
    """The same in the form of "A file that grows". Boxes and sound come behind their frame."""
    samples, configuration, keyframes = film or (*_pictures(frames), [1])
    ftyp = _box(b"ftyp", b"isom\0\0\2\0isomiso2iso5iso6avc1mp41")
    more, pairs, waiting, heard = b"", [], list(boxes or []), 0
    for number, sample in enumerate(samples):
        pairs.append((1, number * FRAME_TICKS, sample, number + 1 in keyframes))
        while waiting and waiting[0][0] <= number * FRAME_TICKS:
            pairs.append((2, *waiting.pop(0)))
        while heard < sound and (heard + 1) * 1800 <= number * FRAME_TICKS:
            pairs.append((3, heard * SOUND_TICKS, SILENCE))
            heard += 1
    if boxes is not None:
        more = _box_track([], 0, 0) + (_sound_track(0, 0) if sound else b"") + _box(b"mvex", b"")
    fragments = b"".join(pair(number, *each) for number, each in enumerate(pairs, 1))
    path.write_bytes(ftyp + _moov([], configuration, 0, created, more=more) + fragments)


def pair(sequence, track, ticks, sample, is_keyframe=True):
    """moof and mdat of one sample."""
    flags = 0x2000000 if is_keyframe else 0x1010000
    tfhd = _box(b"tfhd", struct.pack(">II", 0x20000, track))
    tfdt = _full(b"tfdt", struct.pack(">Q", ticks), 1)
    trun = _box(b"trun", struct.pack(">IIIIII", 0x701, 1, 108, FRAME_TICKS, len(sample), flags))
    moof = _box(b"moof", _full(b"mfhd", struct.pack(">I", sequence)) + _box(b"traf", tfhd + tfdt + trun))
    return moof + _box(b"mdat", sample)
