"""Cameras that answer on the loopback interface, as if it were a home network."""

import ipaddress
import struct
from dataclasses import replace

import pytest

from petcam.discovery import Found, connected_networks, mdns, multicast, network, network_cameras, networks, onvif
from petcam.discovery.multicast import Answer, Question
from petcam.discovery.networks import Network
from tests.unit.discovery.responders import Responder, dns_answer, probe_match, rtsp_service

GROUP = "239.255.255.250"
SECONDS = 4.0  # that answers are waited for; a busy machine's devices are slow
HERE = Network("lo", "127.0.0.1", ipaddress.IPv4Network("127.0.0.0/8"))
ELSEWHERE = replace(HERE, addresses=ipaddress.IPv4Network("192.0.2.0/24"))
ADDRESS = "192.168.1.20"


@pytest.fixture
def found(monkeypatch):
    """What is found where a device answers so to the two questions, and so to those that follow."""

    def find(by_onvif: bytes = b"", by_mdns: bytes = b"", later: bytes = b"") -> list[Found]:
        replies = [[by_onvif, by_mdns], [later]]

        def ask(questions: list[Question], networks: list[Network], seconds: float) -> list[Answer]:
            return [Answer(q, ADDRESS, data) for q, data in zip(questions, replies.pop(0), strict=True) if data]

        monkeypatch.setattr(network, "ask", ask)
        return network_cameras([HERE])

    return find


def test_a_camera_of_both_kinds_is_one_with_the_line_to_write(found):
    (camera,) = found(probe_match("name/Garden"), dns_answer(*rtsp_service("other", 8554, "/live")))
    assert camera.name == "Garden (192.168.1.20)"
    assert camera.source == "rtsp://USER:PASSWORD@192.168.1.20:8554/live"
    assert "ONVIF and mDNS" in camera.details[0]


def test_without_a_path_the_makers_usual_one_is_written(found):
    (camera,) = found(probe_match("name/Reolink", "hardware/RLC-410"))
    assert camera.source == "rtsp://USER:PASSWORD@192.168.1.20/h264Preview_01_sub" and "usually" in camera.details[1]


def test_a_camera_of_an_unknown_maker_has_its_path_to_be_filled_in(found):
    (camera,) = found(probe_match("name/Garden"))
    assert camera.source == "rtsp://USER:PASSWORD@192.168.1.20/PATH" and "manual" in camera.details[1]


def test_what_an_answer_left_out_is_asked_for(found):
    pointer, place, text = rtsp_service("cam", 8554, "live")
    (camera,) = found(by_mdns=dns_answer(pointer), later=dns_answer(place, text))
    assert camera.source == "rtsp://USER:PASSWORD@192.168.1.20:8554/live"


@pytest.mark.parametrize(
    "path", ["/a b", "/x\n  source: demo", "/\x1b[2J", "/@evil.example/", "/#", "/a:", "/" + "x" * 240]
)
def test_a_path_that_could_be_more_than_one_is_not_shown(found, path):
    (camera,) = found(by_mdns=dns_answer(*rtsp_service("cam", 554, path)))
    assert camera.source == "rtsp://USER:PASSWORD@192.168.1.20/PATH"


def test_names_cannot_write_to_the_terminal(found):
    (camera,) = found(probe_match("name/%1B%5B2J%0Aevil" + "x" * 500))
    assert camera.name.isprintable() and len(camera.name) < 120


def test_junk_answers_are_no_cameras(found):
    assert found(b"<", b"\xff" * 9000) == found(b"\xff" * 9000, b"\0") == []


@pytest.fixture
def devices(monkeypatch):
    """Starts a device that answers so to WS-Discovery and to mDNS, on the loopback interface at ports of its own."""
    running: list[Responder] = []

    def start(by_onvif: list[bytes], by_mdns: list[bytes]) -> list[Responder]:
        for module, answers in ((onvif, by_onvif), (mdns, by_mdns)):
            running.append(Responder(GROUP, answers).__enter__())
            monkeypatch.setattr(module, "GROUP", GROUP)
            monkeypatch.setattr(module, "PORT", running[-1].port)
        return running

    yield start
    for each in running:
        each.__exit__()


def test_a_camera_is_found_by_what_it_answers_on_the_network(devices):
    devices([probe_match("name/Garden")], [dns_answer(*rtsp_service("cam", 8554, "/live"))])
    (camera,) = network_cameras([HERE], SECONDS)
    assert camera.name == "Garden (127.0.0.1)"
    assert camera.source == "rtsp://USER:PASSWORD@127.0.0.1:8554/live"


def test_answers_from_outside_of_the_network_are_not_shown(devices):
    by_onvif, by_mdns = devices([probe_match("name/x")], [dns_answer(*rtsp_service("x"))])
    assert network_cameras([ELSEWHERE], SECONDS) == []
    assert len(by_onvif.heard) == len(by_mdns.heard) == 1


def test_one_device_cannot_crowd_out_the_others(devices):
    devices([b"junk"] * 100, [])
    assert len(multicast.ask([onvif.question()], [HERE], SECONDS)) == multicast.MAX_ANSWERS_EACH


@pytest.fixture
def asked(monkeypatch):
    """What is taken of answers that come from 127.1.0.0, 127.1.0.1 and so on, until there are ``enough``."""

    def ask(answers: list[bytes], enough: int, network: Network = HERE) -> list[Answer]:
        monkeypatch.setattr(multicast, "MAX_ANSWERS", enough)
        with Responder(GROUP, answers, has_many_addresses=True) as responder:
            return multicast.ask([replace(onvif.question(), port=responder.port)], [network], SECONDS)

    return ask


def test_of_a_flood_from_many_addresses_no_more_than_enough_is_taken(asked):
    answers = asked([b"junk"] * 10_000, enough=50)
    assert len({answer.address for answer in answers}) == len(answers) == 50


def test_answers_from_outside_do_not_use_up_what_is_taken(asked):
    inside = replace(HERE, addresses=ipaddress.IPv4Network("127.1.0.20/32"))
    assert [answer.address for answer in asked([b"junk"] * 21, enough=1, network=inside)] == ["127.1.0.20"]


def test_of_the_largest_answer_only_as_much_is_taken_as_mdns_may_have(asked):
    (answer,) = asked([bytes(60_000)], enough=1)
    assert len(answer.data) == multicast.MAX_DATAGRAM


def test_a_network_that_takes_no_question_is_passed_over():
    gone = replace(HERE, own="203.0.113.250")
    assert multicast.ask([onvif.question()], [gone], SECONDS) == []


ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t0000000A\t0101A8C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0
wg0\t0000020A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
gone\t0003A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
broken
"""
FLAGS = {"eth0": 0x1043, "wg0": 0x10D1, "ppp0": 0x10D1}


def interface(name: str, request: int) -> bytes:
    if name not in FLAGS:
        raise OSError(19, "No such device")
    address = struct.pack("=HH4s", 2, 0, bytes((192, 168, 1, 5)))
    return struct.pack("=H", FLAGS[name]) if request == networks.GET_FLAGS else address


def test_networks_are_those_without_a_router_between_that_carry_multicast(tmp_path):
    (tmp_path / "route").write_text(ROUTES)
    (found,) = connected_networks(tmp_path / "route", interface)
    assert (found.interface, found.own, str(found.addresses)) == ("eth0", "192.168.1.5", "192.168.1.0/24")
    assert "192.168.1.20" in found and "192.168.2.20" not in found and "junk" not in found


def test_the_loopback_interface_is_no_network_of_cameras():
    assert all(each.interface != "lo" for each in connected_networks())


def test_without_routes_there_is_no_network(tmp_path):
    assert connected_networks(tmp_path / "none") == []


def test_a_camera_at_another_port_is_written_with_it():
    camera = network._Camera(name="x", port=8554, path="", by="mDNS")
    assert network._found("192.168.1.9", camera).source == "rtsp://USER:PASSWORD@192.168.1.9:8554/PATH"
