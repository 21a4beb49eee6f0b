"""Who gives way where connections hold too much together."""

from types import SimpleNamespace

import pytest

from petcam.web.http.places import Limit, Places

BYTES = Limit("bytes", "held", 1000)
OWN, FLOOD, HOME = "127.0.0.1/32", "192.0.2.7/32", "192.0.2.8/32"


@pytest.fixture
def places():
    return Places({OWN})


def connection(network, held=100, since=0.0, **more):
    usual = {"network": network, "held": held, "since": since, "is_served": False, "session": "", "address": network}
    return SimpleNamespace(**{**usual, **more})


def test_nobody_gives_way_within_the_limit(places):
    assert places.gives_way([connection(FLOOD) for _ in range(10)], BYTES) is None
    assert places.gives_way([], BYTES, wanted=2000) is None


def test_the_network_that_holds_most_gives_way(places):
    few, many = connection(HOME, 300), [connection(FLOOD) for _ in range(8)]
    assert places.gives_way([few, *many], BYTES) in many
    much, small = connection(HOME, 900), [connection(FLOOD, 20) for _ in range(8)]
    assert places.gives_way([much, *small], BYTES) is much


def test_of_its_network_the_one_that_has_kept_the_server_waiting_for_longest_gives_way(places):
    served = connection(FLOOD, 500, since=1.0, is_served=True)
    old, new = connection(FLOOD, 500, since=2.0), connection(FLOOD, 500, since=3.0)
    assert places.gives_way([served, new, old], BYTES) is old
    assert places.gives_way([served], BYTES, wanted=600) is served


def test_of_a_network_the_session_that_holds_most_gives_way_and_strangers_count_as_one(places):
    owner = connection(FLOOD, 200, since=1.0, session="owner")
    strangers = [connection(FLOOD, 300, since=2.0), connection(FLOOD, 300, since=3.0)]
    viewers = [connection(FLOOD, 200, since=4.0 + number, session="viewer") for number in range(4)]
    assert places.gives_way([owner, *strangers], BYTES, wanted=300) is strangers[0]
    assert places.gives_way([owner, strangers[0], *viewers], BYTES) is viewers[0]


def test_of_the_strangers_of_a_network_the_address_that_holds_most_gives_way(places):
    one = connection(FLOOD, 300, since=1.0, address="one")
    flood = [connection(FLOOD, 300, since=2.0 + number, address="flood") for number in range(3)]
    assert places.gives_way([one, *flood], BYTES) is flood[0]
    assert places.gives_way([one, flood[2]], BYTES, wanted=900) is one


def test_who_holds_nothing_does_not_give_way(places):
    idle, full = connection(FLOOD, 0, since=1.0), connection(FLOOD, 1001, since=9.0)
    assert places.gives_way([idle, full], BYTES) is full
    assert places.gives_way([idle], BYTES, wanted=1001) is None


def test_this_machine_which_speaks_for_many_has_half_of_it_before_it_gives_way(places):
    proxy, flood = [connection(OWN) for _ in range(5)], [connection(FLOOD) for _ in range(6)]
    assert places.gives_way([*proxy, *flood], BYTES) in flood
    proxy = [connection(OWN) for _ in range(10)]
    assert places.gives_way([*proxy, connection(HOME)], BYTES) in proxy
