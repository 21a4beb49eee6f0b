"""What FFmpeg's errors mean, in words."""

import errno
from types import SimpleNamespace

import pytest

from petcam.feed.transcoding import failures
from petcam.feed.transcoding.failures import Circumstances, in_words

URL = "rtsp://cat:s3cret@camera.invalid/s3cret?password=s3cret"


def error(number, log=None, strerror="as FFmpeg says it"):
    return SimpleNamespace(errno=number, strerror=strerror, log=log)


def said(number, log=None, url=URL, has_begun=False, seconds=0.1, timeout=5.0):
    return in_words(error(number, log), Circumstances(url, has_begun, seconds, timeout))


@pytest.mark.parametrize("table", [failures.STATUSES, failures.NETWORK, failures.DEVICE, failures.FILE])
def test_each_says_what_is_wrong_and_then_what_to_do(table):
    for words in table.values():
        what, _, remedy = words.partition(":")
        assert what and (remedy or "it may" in words or "outside of" in words), words
        assert len(words) < 200 and "FFmpeg" not in words.split(": ")[0]


@pytest.mark.parametrize("number", [*failures.NETWORK, *failures._HTTP_NUMBERS, failures._SERVER_ERROR])
def test_no_failure_of_a_network_camera_is_passed_on_in_ffmpegs_words(number):
    assert "FFmpeg says" not in said(number) and "FFmpeg says" not in said(number, has_begun=True)


@pytest.mark.parametrize("status", [401, 403, 404, 453, 454, 461, 500, 503])
def test_the_status_is_taken_from_the_log_where_the_number_is_coarse(status):
    other_4xx = int.from_bytes(b"\xf84XX", "little")
    assert f"({status})" in said(other_4xx, (16, "rtsp", f"method SETUP failed: {status} (Words of s3cret)\n"))


def test_a_status_without_words_of_its_own_is_named():
    assert "status 418" in said(failures.INVALID_DATA, (16, "rtsp", "method DESCRIBE failed: 418 (s3cret)\n"))


@pytest.mark.parametrize(
    ("number", "line", "words"),
    [
        (errno.EIO, "Failed to resolve hostname s3cret: Name or service not known\n", "name is not known"),
        (errno.ECONNREFUSED, "Connection to tcp://s3cret failed: Connection refused\n", "refuses the connection"),
        (failures.INVALID_DATA, "method s3cret failed: 999\n", "no stream that can be understood"),
        (1234567, "s3cret", "as FFmpeg says it"),
    ],
)
def test_nothing_of_the_log_or_the_url_is_in_the_words(number, line, words):
    told = said(number, (16, "tcp", line))
    assert words in told and "s3cret" not in told and "camera.invalid" not in told


def test_a_camera_that_hangs_while_connecting_is_told_from_one_that_speaks_no_rtsp():
    assert "does not answer within 5 s" in said(failures.INVALID_DATA, seconds=5.0)
    assert "no stream that can be understood" in said(failures.INVALID_DATA, seconds=0.2)


def test_silence_while_playing_is_told_from_silence_while_connecting():
    assert "does not answer within 5 s" in said(failures.EXIT, seconds=5)
    assert "no picture came for 5 s" in said(failures.EXIT, has_begun=True, seconds=60)


def test_tls_that_fails_is_told_from_a_connection_that_breaks():
    assert "TLS" in said(errno.EIO, url="rtsps://camera.invalid/x")
    assert "TLS" not in said(errno.EIO, url="rtsps://camera.invalid/x", has_begun=True)
    assert "TLS" not in said(errno.EIO)


@pytest.mark.parametrize("url", ["/dev/video0", "film.mp4"])
def test_devices_and_files_have_words_of_their_own(url):
    assert said(errno.ENOENT, url=url) != said(errno.ENOENT) and "is not there" in said(errno.ENOENT, url=url)


def test_an_error_that_the_tables_do_not_know_is_in_ffmpegs_words():
    assert said(errno.EXDEV) == "FFmpeg says: as FFmpeg says it"
