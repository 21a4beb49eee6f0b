"""mDNS messages: the questions, and answers that are whole, broken or hostile."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.discovery import mdns
from tests.unit.discovery.responders import dns_answer, dns_name, record, rtsp_service

GARDEN = (b"Garden. cam", *mdns.RTSP)


def known(*messages: bytes) -> mdns.Knowledge:
    knowledge = mdns.Knowledge()
    for message in messages:
        knowledge.take(message)
    return knowledge


def test_a_camera_is_read_from_one_answer():
    found = known(dns_answer(*rtsp_service("Garden. cam", 8554, "/live")))
    assert found.cameras() == [mdns.MdnsCamera("Garden. cam", mdns.RTSP, 8554, "/live")]
    assert found.unknown() == []


def test_what_an_answer_left_out_is_asked_for():
    pointer, place, text = rtsp_service("Garden. cam")
    found = known(dns_answer(pointer))
    assert found.unknown() == [(GARDEN, mdns.SRV), (GARDEN, mdns.TXT)]
    found.take(dns_answer(place, text))
    assert found.unknown() == [] and found.cameras()[0].port == 8554


def test_names_may_point_back():
    service = dns_name("_rtsp", "_tcp", "local")
    at = 12
    pointed = record(service, mdns.PTR, b"\3cam" + struct.pack(">H", 0xC000 | at))
    assert known(dns_answer(pointed)).cameras()[0].name == "cam"


@pytest.mark.parametrize(
    "name",
    [
        struct.pack(">H", 0xC000 | 12),  # to itself
        struct.pack(">H", 0xC000 | 300),  # ahead
        b"\3abc" + struct.pack(">H", 0xC000 | 12),  # round and round
        b"\x80abc\0",
        b"\x3fabc",
        b"\1a" * 200 + b"\0",
    ],
)
def test_a_name_that_cannot_be_ends_the_message(name):
    assert known(dns_answer(record(name, mdns.PTR, b"\0"))).cameras() == []


def chained(count: int) -> tuple[bytes, bytes]:
    """A record with a chain of pointers in it, each to the one before, the first to "a"; and a pointer to the last."""
    name = dns_name("a")
    at = 12 + len(name) + 10
    places = [12, *range(at, at + 2 * count, 2)]
    *chain, last = (struct.pack(">H", 0xC000 | place) for place in places)
    return record(name, mdns.TXT, b"".join(chain)), last


def test_a_long_chain_of_pointers_is_no_name():
    chain, last = chained(4000)
    camera = rtsp_service("cam")[0]
    pointed = record(dns_name(*mdns.RTSP), mdns.PTR, last)
    assert [each.name for each in known(dns_answer(chain, pointed, camera)).cameras()] == ["cam"]
    assert known(dns_answer(chain, record(last, mdns.TXT, b""), camera)).cameras() == []


def test_a_short_chain_of_pointers_is_a_name():
    chain, last = chained(9)
    pointed = record(dns_name(*mdns.RTSP), mdns.PTR, last)
    assert known(dns_answer(chain, pointed)).cameras()[0].name == "a"


def test_other_services_and_questions_say_nothing():
    other = record(dns_name("_ipp", "_tcp", "local"), mdns.PTR, dns_name("printer", "_ipp", "_tcp", "local"))
    question = mdns.question(mdns.SERVICES).data
    assert known(dns_answer(other), question).cameras() == []


def test_what_is_kept_is_bounded():
    found = mdns.Knowledge()
    for number in range(500):
        found.take(dns_answer(*rtsp_service(f"cam {number}")))
    assert len(found.cameras()) == len(found.ports) == len(found.paths) == mdns.MAX_KNOWN
    many = dns_answer(*[rtsp_service(f"cam {number}")[0] for number in range(200)])
    assert len(known(many).cameras()) == mdns.MAX_RECORDS


def test_the_question_asks_for_both_services():
    data = mdns.question(mdns.SERVICES).data
    assert data[4:6] == b"\0\2" and b"\5_rtsp\4_tcp\5local\0" in data and b"\6_onvif\4_tcp\5local\0" in data


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_break_it(junk, at):
    whole = dns_answer(*rtsp_service("cam"))
    for data in (junk, whole[:at] + junk + whole[at:], whole[:at] + junk, dns_answer(junk, junk)):
        found = known(data)
        mdns.question(found.unknown())
        for camera in found.cameras():
            assert isinstance(camera.name, str) and 0 <= camera.port <= 65535
