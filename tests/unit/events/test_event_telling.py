"""What the teller is given of an event, and of the settings."""

import pytest

from petcam.commands.event_telling import happening_of, with_known_places
from petcam.events.store import Event
from petcam.settings import Notify, Settings
from petcam.telling.rules import Rules

AT = ("bowl",), ("sofa", "bowl")  # now, and so far


@pytest.mark.parametrize(("is_open", "places"), [(True, ("bowl",)), (False, ("sofa", "bowl"))])
def test_a_visit_is_where_it_is_and_in_the_end_where_it_was(is_open, places):
    event = Event(1, 1, "visit", "cat", 0, 10**9, is_open, places=AT[0], visited=AT[1])
    assert happening_of(event, "change").places == places


def test_places_that_are_no_more_count_for_nothing():
    settings = Settings(Notify(places=("sofa", "bowl"), sound=True))
    assert with_known_places(settings, {"sofa", "bowl", "window"}) is settings
    assert with_known_places(settings, {"bowl"}) == Settings(Notify(places=("bowl",), sound=True))
    assert with_known_places(settings, set()) == Settings(Notify(sound=True))  # everywhere


def test_where_the_sofa_alone_is_chosen_a_visit_is_told_once_it_comes_to_it():
    settings, rules = with_known_places(Settings(Notify(places=("sofa",))), {"sofa", "bowl"}), Rules()

    def told(state, *places):
        event = Event(1, 1, "visit", "cat", 0, 10**9, state != "end", places=places, visited=places)
        return rules.take(happening_of(event, state), settings, 1000.0)

    way = [("begin",), ("change", "bowl"), ("change", "sofa"), ("change",), ("change", "sofa"), ("end", "sofa")]
    assert [told(*each) for each in way] == [False, False, True, False, False, False]
