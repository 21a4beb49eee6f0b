"""The boxes of a recording of the real streamer, with the demo's detector, are those of its very frames."""

import contextlib
import time

import pytest

from petcam.shm.detections import DetectionReader
from petcam.system.streamer_binary import find_streamer
from tests.real_services import OWNER, RealServices


@pytest.fixture
def services(tmp_path):
    if find_streamer() is None:
        pytest.skip("petcam-streamer is not built: make build")
    pytest.importorskip("av", reason="the demo needs PyAV")
    with contextlib.closing(RealServices(tmp_path)) as running:
        running.start("web", "streamer", "feed")
        yield running


@pytest.fixture
def api(services):
    return services.api_of(OWNER)


def read_until(found, enough, reader, seconds=60):
    """Add the detector's results to ``found`` until there is enough."""
    deadline = time.monotonic() + seconds
    while not enough():
        assert time.monotonic() < deadline, "it takes too long"
        result = reader.read(1.0)
        if result is not None:
            found.append(result)


def frame_times(path):
    import av

    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.time_base.denominator == 90_000
        times = {packet.pts for packet in container.demux(video) if packet.pts is not None}
        return times, (video.width, video.height), [stream.type for stream in container.streams]


def test_boxes_of_a_recording_are_those_of_its_frames(services, api):
    results = []
    with DetectionReader(services.detections, earlier=63) as reader:
        read_until(results, lambda: any(result.boxes for result in results), reader)  # the demo's cat has come in
        name = api("POST", "/recording/start")["filename"]
        growing = []

        def has_grown():
            if len(results) > 40:
                growing[:] = api("GET", f"/recordings/{name}/boxes")["frames"]
            return len(growing) > 20

        read_until(results, has_grown, reader)
        api("POST", "/recording/stop")
    answer = api("GET", f"/recordings/{name}/boxes")
    times, size, streams = frame_times(services.recordings / name)
    assert streams == ["video", "data"]
    assert (answer["timescale"], answer["width"], answer["height"]) == (90_000, *size)
    assert answer["frames"][: len(growing)] == growing
    assert {ticks for ticks, _ in answer["frames"]} <= times
    assert found_in(results, answer, size) > 20


def found_in(results, answer, size):
    """How many of the answer's frames are results that were read beside it; those must be alike."""
    across, down = (to / of for to, of in zip(size, (results[0].width, results[0].height), strict=True))
    first = next(first_ns for first_ns in map(begin_of(answer), results) if first_ns is not None)
    known = {round((result.capture_ns - first) / 1e6): result for result in results}  # by milliseconds
    alike = 0
    for ticks, boxes in answer["frames"]:
        if round(ticks / 90) not in known:
            continue
        wanted = known[round(ticks / 90)].boxes
        assert [box[0] for box in boxes] == [box.class_name for box in wanted]
        for (_, score, x, y, w, h), box in zip(boxes, wanted, strict=True):
            assert score == pytest.approx(box.confidence, abs=0.006)
            assert (x, y) == pytest.approx((box.x * across, box.y * down), abs=1)
            assert (w, h) == pytest.approx((box.w * across, box.h * down), abs=1)
        alike += 1
    return alike


def begin_of(answer):
    """Gives capture_ns of the recording's first frame, if the answer's first frame with boxes is this result's."""
    ticks, boxes = answer["frames"][0]

    def of(result):
        is_it = len(result.boxes) == len(boxes) and all(
            abs(box.confidence - known[1]) < 0.006 and abs(box.x - known[2] * result.width / answer["width"]) < 1
            for box, known in zip(result.boxes, boxes, strict=True)
        )
        return result.capture_ns - ticks * 100_000 // 9 if is_it else None

    return of
