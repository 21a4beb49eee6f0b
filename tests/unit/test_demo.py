"""What ``petcam demo`` prints when it has started."""

from petcam.commands import demo
from petcam.config import parse
from tests.ports import free_port

LOG = """\
INFO petcam.feed: rtsp://cam → /petcam_demo_8080_stream
WARNING petcam.feed: rtsp://cam: refuses access (403); tried again in 1 s, later every 30 s at most
WARNING petcam.streamer_client: nothing answers
"""


def test_it_says_why_there_is_no_picture_and_what_a_detector_reads_and_writes(tmp_path, capsys):
    log = tmp_path / "petcam-demo.log"
    log.write_text(LOG)
    config, _ = parse(f"web: {{host: 127.0.0.1, port: {free_port()}}}\ncamera: {{stream: /a, detections: /b}}", "demo")
    demo.announce(config, log)
    no_picture, reason, detector, _ = capsys.readouterr().out.splitlines()
    assert no_picture == f"petcam demo: no picture yet; {log} says why"
    assert reason == LOG.splitlines()[1]
    assert detector == "petcam demo: a detector reads /a and writes /b"
