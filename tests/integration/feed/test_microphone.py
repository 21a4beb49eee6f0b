"""A microphone through ALSA's own library, which has a card of ours (fake_card.c), by the real `petcam feed`."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("fake_card.c")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    if shutil.which("gcc") is None or not Path("/usr/include/alsa/pcm_ioplug.h").exists():
        pytest.skip("needs gcc and libasound2-dev")
    library = tmp_path_factory.mktemp("alsa") / "libfakecard.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-DPIC", "-O1", "-o", library, SOURCE, "-lasound", "-lm"], check=True)
    return library


@pytest.fixture
def card(plugin, tmp_path):
    """``gone`` and ``busy`` are files: while there is such, it is. ``environment`` has ALSA know it."""

    class Card:
        gone, busy = tmp_path / "gone", tmp_path / "busy"

        @staticmethod
        def environment(ppm=0, rate=48_000, channels=2, name="card"):
            file = tmp_path / "asound.conf"
            where = f'gone "{Card.gone}" busy "{Card.busy}"'
            kind = f"type fakecard ppm {ppm} rate {rate} channels {channels} {where}"
            file.write_text(f'pcm_type.fakecard {{ lib "{plugin}" }}\npcm.{name} {{ {kind} }}\n')
            return {"ALSA_CONFIG_PATH": str(file)}

    return Card


def beeps(packets):
    """Capture times of the packets with which beeps begin, but for the first."""
    loud = [packet.rms_db > -40 for packet in packets]
    return [b.capture_ns for i, b in enumerate(packets) if i and loud[i] and not loud[i - 1]][1:]


@pytest.mark.parametrize(("ppm", "rate", "channels"), [(200, 48_000, 2), (-300, 44_100, 1)])
def test_what_is_heard_is_where_it_was_captured(feed, card, ppm, rate, channels):
    """Each beep begins with a second of CLOCK_MONOTONIC, and its packet up to 20 ms before."""
    run = feed("demo", microphone="card", **card.environment(ppm, rate, channels))
    run.wait_for("hears the microphone card")
    packets = run.hear(3 * 50)
    assert run.stop() == 0
    heard = beeps(packets)
    assert heard and not any(packet.discontinuity for packet in packets[1:])
    off = [(begin + 500_000_000) % 1_000_000_000 - 500_000_000 for begin in heard]
    assert all(-27_500_000 < each < 5_000_000 for each in off)


def test_one_that_is_unplugged_while_it_is_heard_is_said_and_found_again(feed, card):
    run = feed("demo", microphone="card", **card.environment())
    run.hear(10)
    card.gone.touch()
    said = run.wait_for("no sound:")
    assert "the microphone card was unplugged" in said
    assert len(run.read(10)) == 10 and run.audio not in run.segments()
    card.gone.unlink()
    assert len(run.hear(10)) == 10


def test_one_that_is_busy_is_heard_once_it_is_free(feed, card):
    card.busy.touch()
    run = feed("demo", microphone="card", **card.environment())
    assert "in use by another program" in run.wait_for("no sound:")
    assert len(run.read(10)) == 10
    card.busy.unlink()
    assert len(run.hear(10)) == 10


def test_default_is_alsas(feed, card):
    run = feed("demo", microphone="default", **card.environment(name="default"))
    assert len(run.hear(10)) == 10
    assert "hears the microphone default" in run.wait_for("hears")


def test_what_alsa_plays_from_a_file_is_no_sound_card(feed, tmp_path):
    """It gives all samples at once, which must not keep a core busy."""
    config = tmp_path / "asound.conf"
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 400)
    nothing = "pcm.nothing { type null }\n"
    config.write_text(
        f'{nothing}pcm.played {{ type file file "/dev/null" infile "{tmp_path}/noise" slave.pcm nothing }}\n'
    )
    run = feed("demo", microphone="played", ALSA_CONFIG_PATH=str(config))
    assert "it is no sound card" in run.wait_for("no sound:")
    assert len(run.read(10)) == 10


def test_it_is_heard_also_where_another_daemon_writes_the_pictures(feed, card):
    run = feed(microphone="card", **card.environment())
    assert len(run.hear(10)) == 10 and run.segments() == [run.audio]
    assert run.stop() == 0 and not run.segments()
