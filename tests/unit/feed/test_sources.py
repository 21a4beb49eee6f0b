"""The word SOURCE."""

import pytest

from petcam.errors import Code, PetcamError
from petcam.feed import sources
from petcam.feed.sources import rtsp


@pytest.mark.parametrize("word", ["nothing.mp4", "webcam", "/no/such/file"])
def test_an_unknown_source_is_an_error_that_lists_the_possible_ones(word):
    with pytest.raises(PetcamError) as caught:
        sources.find(word, "/none", 40)
    assert caught.value.code is Code.BAD_SOURCE
    assert word in caught.value.message and sources.POSSIBLE in caught.value.message


def test_a_device_that_is_not_there_is_a_clear_error():
    with pytest.raises(PetcamError, match="/dev/video987 cannot be read") as caught:
        sources.find("/dev/video987", "/none", 40)
    assert caught.value.code is Code.BAD_SOURCE


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://cat:pass@host/live", "rtsp://host"),
        ("RTSP://cat:p%40ss@10.0.0.9:8554/a/b?password=x", "rtsp://10.0.0.9:8554"),
        ("rtsps://[fe80::1]:322/x", "rtsps://[fe80::1]:322"),
        ("rtsp://127.0.0.1:1/user=admin&password=S3CRET&channel=1&stream=0.sdp", "rtsp://127.0.0.1:1"),
    ],
)
def test_the_name_of_a_network_camera_holds_no_secret(url, name):
    assert sources.find(url, "/none", 40).name == rtsp.shown(url) == name


@pytest.mark.parametrize(
    "url",
    [
        *("rtsp://", "rtsp://cat:s3cret@", "rtsp://cat:s3cret@host:port/"),
        *("rtps://cat:s3cret@host/", "http://x/s3cret"),
    ],
)
def test_a_broken_url_is_refused_without_its_secret(url):
    with pytest.raises(PetcamError) as caught:
        sources.find(url, "/none", 40)
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize("password", ["2024/s3cret", "s3cret#1", "s3cret?", "a/b@s3cret", "12#3/s3cret"])
def test_a_password_that_cuts_the_host_off_is_refused_with_how_to_write_it(password):
    with pytest.raises(PetcamError, match="%2F") as caught:
        sources.find(f"rtsp://admin:{password}@127.0.0.1:1/s", "/none", 40)
    assert caught.value.code is Code.BAD_SOURCE and "s3cret" not in caught.value.message
