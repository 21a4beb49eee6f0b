"""Who is served next."""

from petcam.web.http.turns import Turns


class Connection:
    def __init__(self, turn):
        self.turn = turn


def waiting(*turns, most=1000):
    queue, connections = Turns(most), [Connection(turn) for turn in turns]
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


def test_one_network_gets_no_more_than_its_share_of_the_threads():
    queue, connections = waiting(*10 * "a", most=2)
    running = [queue.popleft(), queue.popleft()]
    assert not queue
    queue.append(Connection("b"))
    assert [len(queue), queue.popleft().turn, len(queue)] == [1, "b", 0]
    queue.done(running[0].turn)
    assert [len(queue), queue.popleft(), len(queue)] == [1, connections[2], 0]


def test_what_is_removed_is_not_served():
    queue, (first, second, other) = waiting("a", "a", "b")
    assert queue.remove(first)
    assert not queue.remove(first)
    assert queue.remove(other)
    assert [queue.popleft(), bool(queue)] == [second, False]
