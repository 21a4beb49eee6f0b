"""Answers to WS-Discovery, and what is none."""

from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petcam.discovery import onvif
from tests.unit.discovery.responders import probe_match


def test_a_cameras_name_and_hardware_are_read():
    scopes = ("type/video_encoder", "location/country/china", "name/Front%20Door", "hardware/IPC-123")
    assert onvif.camera_name(probe_match(*scopes)) == "Front Door IPC-123"


def test_a_name_that_is_the_hardwares_too_is_said_once():
    assert onvif.camera_name(probe_match("name/C200", "hardware/C200")) == "C200"


def test_a_camera_without_a_name_is_one_by_its_type():
    assert onvif.camera_name(probe_match()) == ""
    assert onvif.camera_name(probe_match(types="p:Printer")) is None


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\0",
        b"<a>",
        b"not xml",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        probe_match("name/&b;", before=ENTITIES),
        probe_match("name/x", before='<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">'),
        b"<a>" * 10_000,
        b"<Envelope><ProbeMatch><Scopes>onvif://www.onvif.org/name/x</Scopes></ProbeMatch></Envelope>",
    ],
)
def test_what_is_no_answer_is_none(data):
    assert onvif.camera_name(data) is None


def test_text_without_end_is_cut():
    assert len(onvif.camera_name(probe_match("name/" + "x" * 1_000_000)) or "") < 2 * onvif.MAX_TEXT


def test_the_question_is_whole_xml_and_never_the_same():
    first, second = onvif.question(), onvif.question()
    assert first.data != second.data and (first.group, first.port) == ("239.255.255.250", 3702)
    expat.ParserCreate(namespace_separator=" ").Parse(first.data, True)


@given(st.binary(max_size=200), st.integers(0, 700))
def test_no_bytes_break_it(junk, at):
    whole = probe_match("name/x")
    for data in (junk, whole[:at] + junk + whole[at:], whole[:at] + junk):
        name = onvif.camera_name(data)
        assert name is None or isinstance(name, str)
