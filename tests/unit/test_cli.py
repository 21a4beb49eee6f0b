"""The ``petcam`` command: finding the subcommand and the configuration, exit statuses; and the small subcommands."""

import io
import sys
from pathlib import Path

import pytest

from petcam import cli
from petcam.access.owner import Owner


@pytest.fixture(autouse=True)
def no_installed_configuration(monkeypatch, tmp_path):
    monkeypatch.setattr("petcam.config.DEFAULT_PATH", tmp_path / "no" / "petcam.yaml")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


@pytest.fixture
def good_file(tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text("web: {port: 9000, colour: red}\n")
    return file


@pytest.fixture
def bad_file(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("web: {port: seven}\n")
    return file


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"petcam {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["web", "--nonsense"]])
def test_it_answers_unknown_arguments_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == cli.EXIT_USAGE
    assert "usage: petcam" in capsys.readouterr().err


def test_it_takes_the_configuration_before_and_after_the_command(bad_file, capsys):
    for arguments in (["--config", str(bad_file), "doctor"], ["doctor", "--config", str(bad_file)]):
        assert cli.main(arguments) == cli.EXIT_CONFIG
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert all(word in error for word in (str(bad_file), "web.port", "'seven'", "1 to 65535"))


def test_it_says_that_a_named_configuration_is_missing(tmp_path, capsys):
    assert cli.main(["check-config", "--config", str(tmp_path / "none.yaml")]) == cli.EXIT_CONFIG
    assert "none.yaml: cannot be read" in capsys.readouterr().err


def test_check_config_says_ok_and_warns_of_unknown_keys_once(good_file, capsys, caplog):
    assert cli.main(["check-config", str(good_file)]) == 0
    assert capsys.readouterr().out == f"{good_file}: ok\n"
    assert caplog.messages == [f"{good_file}: line 1: unknown key web.colour is ignored"]


def test_check_config_of_a_named_file_ignores_a_bad_installed_one(good_file, bad_file, monkeypatch, capsys):
    monkeypatch.setattr("petcam.config.DEFAULT_PATH", bad_file)
    assert cli.main(["check-config", str(good_file)]) == 0
    assert capsys.readouterr().out == f"{good_file}: ok\n"


def test_check_config_says_that_there_is_nothing_to_check(capsys):
    assert cli.main(["check-config"]) == cli.EXIT_CONFIG
    assert "does not exist" in capsys.readouterr().err


def test_check_config_takes_the_shipped_configuration_without_a_warning(capsys):
    shipped = Path(__file__).parents[2] / "etc" / "petcam.yaml"
    assert cli.main(["check-config", str(shipped)]) == 0
    assert capsys.readouterr().out == f"{shipped}: ok\n"


def test_check_config_refuses_a_bad_file_with_one_line(bad_file, capsys):
    assert cli.main(["check-config", str(bad_file)]) == cli.EXIT_CONFIG
    assert [bool(line) for line in capsys.readouterr().err.split("\n")][-2:] == [True, False]


def test_check_config_prefers_its_own_argument_to_the_option_config(good_file, bad_file):
    assert cli.main(["--config", str(bad_file), "check-config", str(good_file)]) == 0


def test_password_reads_one_line_from_a_pipe(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\nnot this\n"))
    assert cli.main(["password"]) == 0
    assert Owner(tmp_path / "state").verify("correct horse")


def test_password_asks_twice_at_a_terminal(monkeypatch, tmp_path, capsys):
    answers = iter(["correct horse", "correct house", "correct horse", "correct horse"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert cli.main(["password"]) == 1
    assert "differ" in capsys.readouterr().err
    assert cli.main(["password"]) == 0
    assert Owner(tmp_path / "state").verify("correct horse")


@pytest.mark.parametrize("line", ["", "\n", "short\n"])
def test_password_refuses_one_that_is_too_short(monkeypatch, tmp_path, capsys, line):
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    assert cli.main(["password"]) == 1
    assert "8 to 1024 characters" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_doctor_gives_the_remedy_for_what_is_broken(monkeypatch, capsys):
    monkeypatch.setenv("PETCAM_STREAMER", "/nowhere/petcam-streamer")
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("✗ bad   streamer") and "make setup" in line]
    assert {line[8:23].strip() for line in lines} >= {
        "web port",
        "video",
        "detections",
        "PyAV",
        "disk",
        "login",
        "page",
    }


def test_web_names_what_the_python_backend_needs(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("petcam.web.webrtc.backend.importlib.util.find_spec", lambda name: None)
    file = tmp_path / "python.yaml"
    file.write_text("webrtc: {backend: python}\n")
    assert cli.main(["web", "--config", str(file)]) == cli.EXIT_CONFIG
    assert "sudo apt install python3-aiortc" in capsys.readouterr().err
