"""What is loud over a room's own floor, of rooms that are simulated: docs/events.md, "Sounds"."""

import random

import pytest

from petcam.events.rules import Sounds

PACKET = 0.02
ROOM = -58.0  # dBFS; with the noise that every microphone has


class Room:
    """What a microphone hears, 50 levels a second. Loud things are added over what the room itself does."""

    def __init__(self, floor: float = ROOM, seed: int = 1, sound_db: float = 15.0, noise: float = 1.5) -> None:
        self.now, self.floor, self.noise = 1000.0, floor, noise
        self.random = random.Random(seed)
        self.sounds = Sounds(sound_db)
        self.told: list[tuple[str, float, float]] = []

    def hear(self, seconds: float, level: float | None = None, spread: float | None = None) -> None:
        for _ in range(round(seconds / PACKET)):
            self.now += PACKET
            quiet = self.random.gauss(self.floor, self.noise)
            db = (
                quiet
                if level is None
                else max(quiet, self.random.gauss(level, self.noise if spread is None else spread))
            )
            self.note(self.sounds.levels([(self.now, min(max(db, -96.0), 0.0))]))

    def nothing(self, seconds: float) -> None:
        """No level comes."""
        for _ in range(round(seconds * 2)):
            self.now += 0.5
            self.note(self.sounds.pass_time(self.now))

    def note(self, changes) -> None:
        self.told += [(kind, self.now, sound.over_db) for kind, sound in changes if kind != "change"]

    def bark(self, times: int = 1, pause: float = 0.4, level: float = -25.0) -> None:
        for _ in range(times):
            self.hear(0.18, level, 2)
            self.hear(0.08, level - 15, 3)  # the room answers
            self.hear(pause)

    def meow(self, level: float = -34.0) -> None:
        self.hear(0.7, level, 2)
        self.hear(0.5)

    def click(self, level: float = -20.0) -> None:
        self.hear(0.04, level)
        self.hear(0.04, level - 20)

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.told]


@pytest.fixture
def room() -> Room:
    """One in which nothing has been loud for a minute."""
    room = Room()
    room.hear(60)
    return room


def test_a_room_in_which_nothing_happens_is_quiet_all_day() -> None:
    room = Room(noise=3.0)
    room.hear(4 * 3600)
    assert room.told == []


def test_a_dog_that_barks_is_one_sound_and_ends_when_it_is_quiet(room: Room) -> None:
    begun = room.now
    for _ in range(6):  # series of barks, with seconds between
        room.bark(4)
        room.hear(7)
    last = room.now - 7
    room.hear(30)
    (begin, began, _), (end, ended, over) = room.told
    assert (begin, end) == ("begin", "end")
    assert began - begun < 2.5 and 9 < ended - last < 11
    assert 30 < over < 45


def test_it_is_told_when_it_was_loud_and_not_when_that_was_noticed(room: Room) -> None:
    begun = room.now
    room.bark(4)
    sound = room.sounds.open
    assert sound is not None and sound.begin == pytest.approx(begun, abs=0.05)
    assert sound.floor_db == pytest.approx(ROOM, abs=2)


def test_one_meow_is_a_sound_and_some_within_ten_seconds_are_the_same(room: Room) -> None:
    for _ in range(5):
        room.meow()
        room.hear(8)
    room.hear(30)
    assert room.kinds == ["begin", "end"]


def test_after_more_than_ten_seconds_of_quiet_it_is_another(room: Room) -> None:
    room.bark(5)
    room.hear(12)
    room.bark(5)
    room.hear(12)
    assert room.kinds == ["begin", "end"] * 2


def test_a_click_is_none_nor_is_one_each_second(room: Room) -> None:
    room.click()
    room.hear(10)
    for _ in range(300):
        room.click()
        room.hear(0.92)
    assert room.told == []


def test_a_click_does_not_prolong_a_sound(room: Room) -> None:
    room.bark(5)
    for _ in range(5):
        room.hear(6)
        room.click()
    assert room.kinds == ["begin", "end"]


def test_a_vacuum_cleaner_becomes_the_rooms_own_in_some_minutes(room: Room) -> None:
    room.hear(300)
    begun = room.now
    room.hear(30 * 60, -30, 1.5)
    (_, began, _), (end, ended, _) = room.told
    assert began - begun < 1 and end == "end" and 100 < ended - begun < 200


def test_beside_it_a_dog_is_heard_and_after_it_the_room_is_quiet_again(room: Room) -> None:
    room.hear(10 * 60, -45, 1.5)  # a fan
    room.told.clear()
    room.bark(5)
    room.hear(20, -45, 1.5)
    assert room.kinds == ["begin", "end"]
    room.hear(5 * 60)
    room.told.clear()
    room.meow(-36)  # 9 dB over the fan
    room.hear(20)
    assert room.kinds == ["begin", "end"]


def test_a_television_at_steady_volume_is_one_sound_when_it_is_turned_on(room: Room) -> None:
    for _ in range(1200):  # an hour of speech and music: words, pauses between them, and what is louder for a moment
        room.hear(2.2, -38, 3.5)
        room.hear(0.6, -46, 3)
        room.hear(0.2, -31, 2)
    assert room.kinds == ["begin", "end"]


def test_thunder_is_heard(room: Room) -> None:
    room.hear(20 * 60, -45, 2)  # rain
    room.told.clear()
    for step in range(25):
        room.hear(0.2, -20 - step, 3)
    room.hear(30, -45, 2)
    assert room.kinds == ["begin", "end"]


def test_where_a_microphone_is_silent_not_everything_is_loud() -> None:
    room = Room(floor=-96.0, noise=0.0)
    room.hear(60)
    room.hear(60, -70, 3)
    room.hear(60, -55, 1)
    assert room.told == []
    room.bark(5)
    room.hear(20)
    assert room.kinds == ["begin", "end"]


def test_at_night_less_is_loud_than_by_day() -> None:
    room = Room(floor=-45.0)
    room.hear(600)
    room.meow(-36)
    room.hear(20)
    assert room.told == []
    room.floor = -60.0
    room.hear(400)
    room.meow(-36)
    room.hear(20)
    assert room.kinds == ["begin", "end"]


def test_a_sound_ends_when_no_level_comes_any_more(room: Room) -> None:
    room.bark(5)
    room.nothing(9)
    assert room.kinds == ["begin"]
    room.nothing(3)
    assert room.kinds == ["begin", "end"]


def test_after_a_pause_the_room_is_learned_anew(room: Room) -> None:
    room.bark(5)
    room.nothing(600)
    room.floor = -35.0  # somebody put the microphone up
    room.hear(60)
    assert room.kinds == ["begin", "end"]
    room.bark(5, level=-10)
    room.hear(20)
    assert room.kinds == ["begin", "end"] * 2


def test_the_first_ten_seconds_are_loud_for_nobody() -> None:
    room = Room(floor=-96.0, noise=0.0)
    room.hear(0.4)  # as many a microphone begins
    room.floor, room.noise = -45.0, 1.5
    room.hear(60)
    assert room.told == []


def test_twelve_begin_in_an_hour_at_most(room: Room) -> None:
    for _ in range(200):
        room.bark(5)
        room.hear(30)
    assert 12 <= room.kinds.count("begin") <= 24
    hour = room.told[0][1] + 3600
    assert sum(kind == "begin" and at < hour for kind, at, _ in room.told) == 12


def test_how_much_is_loud_can_be_set() -> None:
    for sound_db, kinds in ((15, ["begin", "end"]), (35, [])):
        room = Room(sound_db=sound_db)
        room.hear(60)
        room.meow()
        room.hear(20)
        assert room.kinds == kinds


def test_times_that_do_not_rise_are_passed_over(room: Room) -> None:
    before = room.now
    for _ in range(100):
        room.note(room.sounds.levels([(before, 0.0)]))
        room.note(room.sounds.levels([(before - 50, 0.0)]))
    assert room.told == []


def test_a_sound_that_goes_on_is_told_as_a_change(room: Room) -> None:
    room.bark(4)
    changes = room.sounds.levels([(room.now + PACKET * n, -5.0) for n in range(1, 20)])
    (change,) = changes
    assert change.kind == "change" and change.sound.over_db == pytest.approx(-5 - ROOM, abs=2)
    assert room.sounds.levels([(room.now + 1, ROOM)]) == []
