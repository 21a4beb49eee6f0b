"""The whole way: a source as a service, video to a viewer, boxes to the page, a recording on the disk."""

import json

from tests.package.appliance import PAGE, RECORDINGS, STREAMER, log_in, record, start_feed, viewer
from tests.package.machine import Machine, eventually


def test_an_offer_is_answered_and_video_flows(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    watched = machine.in_network(*viewer(machine, session), "-for", "3s")
    assert watched.returncode == 0, watched.stderr
    assert json.loads(watched.stdout)["frames"] > 30


def test_boxes_reach_the_page(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    _, events = machine.curl(f"{PAGE}/api/detections/stream", *session, "-m", "3")
    assert '"class_name":"cat"' in events.replace(" ", "")


def test_a_recording_is_the_services_and_the_page_may_delete_it(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    assert machine.run("stat", "-c", "%U:%G %a", f"{RECORDINGS}/{name}") == "petcam:petcam 640\n"
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"
    assert machine.curl(f"{PAGE}/api/recordings/{name}", *session, "-X", "DELETE")[0] == 204
    assert machine.run("ls", RECORDINGS) == ""


def test_the_status_is_in_words(machine: Machine) -> None:
    session = log_in(machine)
    assert machine.property(STREAMER, "StatusText") == "0 viewers, camera waiting"
    start_feed(machine)
    machine.curl(f"{PAGE}/api/recording/start", *session, "-X", "POST")
    with machine.meanwhile_in_network(*viewer(machine, session), "-for", "60s"):
        eventually(lambda: machine.property(STREAMER, "StatusText") == "1 viewer, recording")
    eventually(lambda: machine.property(STREAMER, "StatusText") == "0 viewers, recording")
