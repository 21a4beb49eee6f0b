"""``petcam web`` leaves the page to petcam-streamer where that is to serve it."""

import socket

import pytest

from petcam import cli


@pytest.mark.parametrize("is_taken", [False, True], ids=["nobody serves", "the port is taken"])
def test_it_refuses_in_one_line_and_wants_no_port(tmp_path, monkeypatch, capsys, is_taken):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        if not is_taken:
            other.close()
        file = tmp_path / "petcam.yaml"
        file.write_text(f"web: {{server: go, host: 127.0.0.1, port: {port}}}")
        status = cli.main(["--config", str(file), "web"])
    (line,) = capsys.readouterr().err.splitlines()
    assert status == cli.EXIT_CONFIG
    assert line.startswith("petcam: web.server is go: petcam-streamer serves the page")
    assert line.endswith("write web.server: python, then: sudo systemctl restart petcam-web")
    assert not (tmp_path / "state").exists()
