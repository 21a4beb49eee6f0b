"""The installed services together: a source, video to a viewer, detections to the page, a recording on disk."""

import json

from tests.package.appliance import PAGE_URL, RECORDINGS, STREAMER, log_in, record, start_feed, viewer_command
from tests.package.machine import Machine, eventually


def test_an_offer_is_answered_and_video_flows(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    completed = machine.in_network(*viewer_command(machine, session), "-for", "3s")
    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout)["frames"] > 30


def test_detections_reach_the_page(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    _, events = machine.curl(f"{PAGE_URL}/api/detections/stream", *session, "-m", "3")
    assert '"class_name":"cat"' in events.replace(" ", "")


def test_a_recording_belongs_to_the_streamer_and_the_page_can_delete_it(machine: Machine) -> None:
    session = log_in(machine)
    start_feed(machine)
    name = record(machine, session)
    assert machine.run("stat", "-c", "%U:%G %a", f"{RECORDINGS}/{name}") == "petcam:petcam 640\n"
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-r", "4-7")[1] == "ftyp"
    assert machine.curl(f"{PAGE_URL}/api/recordings/{name}", *session, "-X", "DELETE")[0] == 204
    assert machine.run("ls", RECORDINGS) == ""


def test_systemds_status_says_viewers_camera_and_recording(machine: Machine) -> None:
    session = log_in(machine)
    assert machine.property(STREAMER, "StatusText") == "0 viewers, camera waiting"
    start_feed(machine)
    machine.curl(f"{PAGE_URL}/api/recording/start", *session, "-X", "POST")
    with machine.background_in_network(*viewer_command(machine, session), "-for", "60s"):
        eventually(lambda: machine.property(STREAMER, "StatusText") == "1 viewer, recording")
    eventually(lambda: machine.property(STREAMER, "StatusText") == "0 viewers, recording")
