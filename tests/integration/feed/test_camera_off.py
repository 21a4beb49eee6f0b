"""The owner turns the camera off: `petcam feed` closes camera and microphone, and takes its segments away."""

from petcam.access import CameraSwitch


def test_it_closes_all_and_opens_it_again(feed, tmp_path):
    switch = CameraSwitch(tmp_path)
    run = feed("demo", microphone="source", STATE_DIRECTORY=str(tmp_path))
    run.hear(5)
    run.read(5)
    switch.turn(False, "owner")
    run.wait_for("the camera is off")
    assert not run.segments()
    turned = switch.turn(True, "owner")
    run.wait_for("the camera is on")
    assert all(unit.capture_ns > turned.at_ns for unit in run.read(5))
    run.hear(5)
    assert run.stop() == 0 and not run.segments()


def test_it_stays_off_after_a_kill_and_what_was_left_is_taken_away(feed, tmp_path):
    run = feed("demo", microphone="source", STATE_DIRECTORY=str(tmp_path))
    run.hear(5)
    run.process.kill()
    run.wait()
    assert run.stream in run.segments()
    CameraSwitch(tmp_path).turn(False, "owner")
    after = feed("demo", microphone="source", STATE_DIRECTORY=str(tmp_path), like=run)
    after.wait_for("the camera is off")
    assert not run.segments()
    assert after.stop() == 0


def test_a_damaged_switch_is_off(feed, tmp_path):
    (tmp_path / "camera.json").write_text("{")
    run = feed("demo", STATE_DIRECTORY=str(tmp_path))
    run.wait_for("the camera is off")
    assert not run.segments()
    (tmp_path / "camera.json").unlink()
    run.read(5)
