"""What is trouble, by what the streamer and the detector say: docs/events-db.md, "Trouble"."""

import pytest

from petcam.events.faults import ALL, RECORDINGS, Faults
from petcam.events.health import Asked, Fault, Health

WELL = Health("live", "")
FULL = Fault("Disk full", "The disk is full; delete recordings")


class Services:
    """What is said of them, each five seconds."""

    def __init__(self, has_streamer=True, is_open=()):
        self.faults, self.now = Faults(has_streamer, is_open), 1000.0

    def look(self, health=WELL, camera_is_on=True, detector="", why=""):
        self.now += 5
        return self.faults.look(Asked(self.now, health, why), camera_is_on, detector, self.now)


@pytest.fixture
def services():
    """They were well at first."""
    services = Services()
    services.look()
    return services


def test_services_that_are_well_are_no_trouble(services):
    assert services.look() == ({}, ())


def test_before_the_first_answer_nothing_is_known():
    assert Faults(True, ()).look(None, True, "silent", 5.0) == ({}, ALL)


@pytest.mark.parametrize("state", ["silent", "waiting", "error", "no keyframe"])
def test_a_camera_without_pictures_is_and_of_the_detector_nothing_is_known(services, state):
    found = services.look(Health(state, "see the cable"), detector="no detector")
    assert list(found.wrong) == ["camera_silent"] and found.wrong["camera_silent"].endswith(": see the cable")
    assert set(found.unknown) == {"detector_silent"}


def test_a_detector_that_says_nothing_is(services):
    assert services.look(detector="no detector has said anything") == (
        *({"detector_silent": "no detector has said anything"}, ()),
    )


def test_while_the_camera_is_off_neither_is_nor_what_recordings_say(services):
    found = services.look(Health("waiting", "", FULL, FULL), camera_is_on=False, detector="silent")
    assert found == ({}, RECORDINGS)


def test_a_streamer_that_does_not_answer_is_and_nothing_else_is_known(services):
    found = services.look(None, why="cannot be reached", detector="silent")
    assert found.wrong == {"streamer_silent": "cannot be reached"}
    assert set(found.unknown) == set(ALL) - {"streamer_silent"}


def test_but_that_the_camera_is_off_is_known_then(services):
    found = services.look(None, why="cannot be reached", camera_is_on=False)
    assert set(found.unknown) == set(RECORDINGS)


def test_a_streamer_that_need_not_run_is_none():
    assert Services(has_streamer=False).look(None, why="cannot be reached").wrong == {}


def test_an_answer_that_is_old_is_none(services):
    found = services.faults.look(Asked(services.now, WELL), True, "", services.now + 16)
    assert list(found.wrong) == ["streamer_silent"]


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        *(("Disk full", "disk_full"), ("Space low", "disk_full"), ("Limit reached", "disk_full")),
        *(("Disk not mounted", "recordings_missing"), ("Directory missing", "recordings_missing")),
        *(
            ("Disk slow", "recording_failed"),
            ("Disk read-only", "recording_failed"),
            ("of tomorrow", "recording_failed"),
        ),
        ("Camera unreadable", ""),
    ],
)
@pytest.mark.parametrize("which", ["by_hand", "by_itself"])
def test_recordings_that_fail_are_by_why(services, reason, name, which):
    found = services.look(WELL._replace(**{which: Fault(reason, "remedy")}))
    assert found.wrong == ({name: "remedy"} if name else {})


def test_one_by_hand_that_failed_is_for_ten_minutes(services):
    failed = WELL._replace(by_hand=FULL)
    looks = [bool(services.look(failed).wrong) for _ in range(200)]
    assert looks == [True] * 120 + [False] * 80
    services.look()
    assert services.look(failed).wrong


def test_what_records_by_itself_is_for_as_long_as_it_fails(services):
    assert all(services.look(WELL._replace(by_itself=FULL)).wrong for _ in range(500))


def test_a_disk_that_is_not_mounted_is_for_as_long_as_that_is_so(services):
    missing = WELL._replace(by_hand=Fault("Disk not mounted", "mount it"))
    assert all(services.look(missing).wrong for _ in range(500))


def test_one_by_hand_that_had_failed_before_the_start_is_no_news():
    assert Services().look(WELL._replace(by_hand=FULL)).wrong == {}


def test_but_that_trouble_goes_on_where_it_was_open():
    assert Services(is_open=["disk_full"]).look(WELL._replace(by_hand=FULL)).wrong == {"disk_full": FULL.error}
