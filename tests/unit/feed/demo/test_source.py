"""The source ``demo``: what it is told reaches the picture."""

import threading

import pytest

from petcam import cli
from petcam.feed import sources
from petcam.feed.demo import source

pytest.importorskip("av", reason="the demo needs PyAV")


class Writes(Exception):
    """Ends the command where it would write."""


class Draws(Exception):
    """Ends the source where it would draw, with what it was told."""


@pytest.mark.parametrize("restless", [True, False])
def test_a_restless_pet_is_asked_for_by_an_option(monkeypatch, restless):
    def writes(*_, **__):
        raise Writes

    def draws(told):
        raise Draws(told)

    found = []
    monkeypatch.setattr(sources, "require_picture", found.append)
    monkeypatch.setattr("petcam.commands.feed.StreamWriter", writes)
    monkeypatch.setattr(source, "Scene", draws)
    with pytest.raises(Writes):
        cli.main(["feed", "demo", *(["--restless"] if restless else [])])
    with pytest.raises(Draws, match=str(restless)):
        next(found[0].frames(threading.Event()))


def test_other_sources_pass_over_what_is_for_the_demo(tmp_path):
    (tmp_path / "film.h264").touch()
    assert sources.find(str(tmp_path / "film.h264"), None, 0, restless=True).name != "demo"
