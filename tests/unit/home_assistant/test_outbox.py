"""What is sent, in which order, and what is not."""

from petcam.home_assistant.outbox import MAX_EVENT_SECONDS, MAX_EVENTS, Outbox


def sent(outbox, now=0.0):
    found = []
    while message := outbox.next(now):
        found.append((message.topic, message.payload, message.retain))
    return found


def test_only_the_latest_of_a_topic_is_sent_and_only_where_it_has_changed():
    outbox = Outbox()
    outbox.set("a", b"1")
    outbox.set("a", b"2")
    assert sent(outbox) == [("a", b"2", True)]
    outbox.set("a", b"2")
    assert sent(outbox) == []
    outbox.again("a")
    outbox.again("unknown")
    assert sent(outbox) == [("a", b"2", True)]


def test_all_is_sent_again_from_the_first_to_the_last():
    outbox = Outbox()
    for topic in ("last", "a", "first", "big"):
        outbox.set(topic, topic.encode())
    sent(outbox)
    outbox.renew("first", "last")
    assert [topic for topic, _, _ in sent(outbox)] == ["first", "a", "big", "last"]
    outbox.renew("first", "last", without="big")
    assert [topic for topic, _, _ in sent(outbox)] == ["first", "a", "last"]


def test_what_is_emptied_is_not_sent_again():
    outbox = Outbox()
    outbox.set("a", b"1")
    outbox.set("a", b"")
    assert sent(outbox) == [("a", b"", True)]
    outbox.renew("", "")
    assert sent(outbox) == []


def test_of_events_that_wait_the_newest_are_sent_unless_they_are_old():
    outbox = Outbox()
    for number in range(40):
        outbox.event("visit", b"%d" % number, now=float(number))
    assert [payload for _, payload, _ in sent(outbox, 39.0)] == [b"%d" % number for number in range(30, 40)]
    assert MAX_EVENTS == 10
    outbox.event("visit", b"old", now=0.0)
    outbox.event("visit", b"new", now=10.0)
    assert sent(outbox, MAX_EVENT_SECONDS + 5) == [("visit", b"new", False)]
