"""``petcam events replay``, as it is typed."""

import io
import json
from pathlib import Path

import pytest

from petcam import cli
from petcam.access.state_file import sealed


def line(number: int) -> str:
    """A cat walks by for four seconds, twice."""
    step = number % 300
    boxes = [["cat", 0.9, 20 * step, 100, 120, 90]] if step < 20 and number < 600 else []
    return json.dumps({"t": number / 5, "width": 640, "height": 360, "boxes": boxes}) + "\n"


LINES = "".join(map(line, range(1200)))


@pytest.fixture(autouse=True)
def no_installed_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("petcam.config.DEFAULT_PATH", tmp_path / "none.yaml")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "day.jsonl"
    path.write_text(LINES)
    return path


def begins(printed: str) -> list[float]:
    return [json.loads(line)["begin"] for line in printed.splitlines()]


def test_replay_reads_a_file(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["events", "replay", str(results)]) == 0
    assert begins(capsys.readouterr().out) == [0.0, 60.0]


def test_replay_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(LINES))
    assert cli.main(["events", "replay", "-"]) == 0
    assert begins(capsys.readouterr().out) == [0.0, 60.0]


def test_replay_says_what_of_standard_input_is_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES.encode() + b"\xff\n"), encoding="ascii"))
    assert cli.main(["events", "replay", "-"]) == 1
    assert capsys.readouterr().err.startswith("petcam: -, line 1201: not of the form ")


def test_replay_keeps_to_the_configurations_rules(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "try.yaml"
    settings.write_text("events: {gap_seconds: 120}\n")
    assert cli.main(["events", "replay", "--config", str(settings), str(results)]) == 0
    assert begins(capsys.readouterr().out) == [0.0]


def test_replay_tells_the_stays_at_the_places_of_a_file(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = tmp_path / "places.json"
    left = {"name": "left", "id": "p1", "points": [[0, 0], [0.6, 0], [0.6, 1], [0, 1]]}
    for document in (json.dumps({"places": [left]}).encode(), sealed({"places": [left]})):
        places.write_bytes(document)
        assert cli.main(["events", "replay", "--places", str(places), str(results)]) == 0
        first, _ = capsys.readouterr().out.splitlines()
        assert json.loads(first)["places"] == [["left", 0.0, 3.2]]
    for content, words in ((b"{", "Expecting"), (b'{"places": 1}', '"places" must be a list'), (None, "No such file")):
        places.unlink() if content is None else places.write_bytes(content)
        assert cli.main(["events", "replay", "--places", str(places), str(results)]) == 1
        said = capsys.readouterr().err
        assert str(places) in said and words in said


def test_replay_says_which_file_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["events", "replay", str(tmp_path / "none.jsonl")]) == 1
    assert capsys.readouterr().err == f"petcam: {tmp_path}/none.jsonl: No such file or directory\n"


def test_replay_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["events", "replay"])
    assert ended.value.code == cli.EXIT_USAGE
