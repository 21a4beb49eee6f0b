"""Whether PyAV is there, and what is said where it is not."""

import sys

import pytest

from petcam.errors import Code, PetcamError
from petcam.media import pyav


def test_it_finds_pyav_where_it_is_installed():
    module = pytest.importorskip("av")
    assert pyav.is_installed()
    assert pyav.load("a test") is module


def test_without_pyav_the_error_says_what_needs_it_and_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    assert not pyav.is_installed()
    with pytest.raises(PetcamError) as caught:
        pyav.load("playing cat.mp4")
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.message == f"playing cat.mp4 needs PyAV: {pyav.REMEDY}"
