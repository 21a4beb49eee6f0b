"""Who is served next."""

from petcam.web.http.turns import Turns


class Connection:
    def __init__(self, turn):
        self.turn = turn


def waiting(*turns):
    queue, connections = Turns(), [Connection(turn) for turn in turns]
    for connection in connections:
        queue.append(connection)
    return queue, connections


def test_of_one_network_the_first_comes_first():
    queue, connections = waiting("a", "a", "a")
    assert [queue.popleft() for _ in range(3)] == connections
    assert not queue


def test_a_flood_of_one_network_delays_the_others_by_one():
    queue, connections = waiting(*100 * "a", "b", "b")
    assert [queue.popleft().turn for _ in range(5)] == ["a", "b", "a", "b", "a"]
    assert len(queue) == 97


def test_what_is_removed_is_not_served():
    queue, (first, second, other) = waiting("a", "a", "b")
    assert queue.remove(first)
    assert not queue.remove(first)
    assert queue.remove(other)
    assert [queue.popleft(), bool(queue)] == [second, False]
