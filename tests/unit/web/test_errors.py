"""Answered errors."""

from petcam.errors import Code, PetcamError


def test_errors_that_name_each_other_as_their_causes_are_answered(client, streamer, monkeypatch):
    first, second = PetcamError(Code.BUSY, "first"), PetcamError(Code.BUSY, "second")

    def control(path, body, **_):
        try:
            raise first
        except PetcamError:
            first.__cause__ = second
            raise second from first

    monkeypatch.setattr(streamer, "control", control)
    assert client.post("/api/recording/start").status_code == 503
    assert first.__traceback__ is None and second.__traceback__ is None
