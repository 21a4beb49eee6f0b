"""What a purge deletes, by the scripts themselves: ``debian/*.postrm``."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
STREAMERS, PETCAMS = ((TOP / f"debian/{name}.postrm").read_text() for name in ("petcam-streamer", "petcam"))
DELETE_NAMED = re.search(r"^once=.*?^\}", STREAMERS, re.MULTILINE | re.DOTALL)[0]
PICTURES = "'visit_[0-9]*-[0-9]*-[0-9]*-[0-9]*.jpg'"
DOCUMENT = (TOP / "docs/state.md").read_text()


def delete_named(directory, *names):
    subprocess.run(["sh", "-ec", f'{DELETE_NAMED}\ndelete_named "$@"', "sh", directory, *names], check=True)


def names_for(directory, *scripts):
    pattern = rf"^ *delete_named {re.escape(directory)} (.+)$"
    found = [re.findall(pattern, script.replace("\\\n", " "), re.MULTILINE) for script in scripts]
    assert all(len(lines) == 1 for lines in found)
    return {name for (line,) in found for name in line.split()}


def test_both_scripts_delete_by_the_same_rule():
    """Each has it itself: when it runs, nothing else is there."""
    assert DELETE_NAMED in PETCAMS


def test_a_purge_of_petcam_alone_takes_nothing_that_petcam_streamer_goes_on_with():
    assert names_for("/var/lib/petcam", PETCAMS) == {"places.json"}
    assert not re.search(r"delete_named (/etc|/var/lib/petcam-streamer|/var/lib/petcam/recordings)", PETCAMS)


def test_it_names_every_state_file_of_the_document():
    rows = re.findall(r"^\| (`[^|]+`) \| 06", DOCUMENT, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert len(documented) > 5
    assert names_for("/var/lib/petcam", STREAMERS, PETCAMS) == documented
    assert names_for("/etc/petcam/secrets", STREAMERS) == {"session.key", "token.key", "board", "place"}
    assert names_for("/var/lib/petcam-streamer", STREAMERS) == {"tls.pem", "recordings.json", ".petcam-probe"}
    document = (TOP / "docs/events-db.md").read_text()
    for name in names_for("/var/lib/petcam-events", PETCAMS):
        assert f"`{name.strip(chr(39)).split('-')[0]}" in document, name
    assert "`visit_BOOT-BEGIN-ID-BEST.jpg`" in DOCUMENT
    assert names_for("/var/lib/petcam/pictures", PETCAMS) == {PICTURES}
    assert names_for("/var/lib/petcam/recordings", STREAMERS) == {".petcam-space", ".petcam-place", ".petcam-probe"}


@pytest.mark.parametrize("script", [STREAMERS, PETCAMS], ids=["petcam-streamer", "petcam"])
def test_no_command_of_it_deletes_a_tree(script):
    assert not re.search(r"\brm\b[^\n]*-[a-zA-Z]*[rR]", script)


def test_what_was_made_goes_with_its_unfinished_ones_and_then_the_folder(tmp_path):
    folder = tmp_path / "petcam-streamer"
    folder.mkdir()
    for name in ("owner.json", ".owner.json.0123456789abcdef", "tls.pem", ".tls.pem.3041236841"):
        (folder / name).touch()
    delete_named(folder, "owner.json", "tls.pem")
    assert not folder.exists()


def test_pictures_of_visits_go_and_no_others(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("visit_1-2-3-4.jpg", ".visit_1-2-3-4.jpg.0123456789abcdef", "cat.jpg", "visit_to grandma.jpg"):
        (folder / name).touch()
    delete_named(folder, PICTURES.strip("'"))
    assert sorted(file.name for file in folder.iterdir()) == ["cat.jpg", "visit_to grandma.jpg"]


@pytest.mark.parametrize(
    "other",
    [
        *("photos/cat.jpg", "films/petcam_20260101-000000.mp4", "owner.json/in a folder"),
        *("owner.json.bak", ".owner.json", ".owner.json.swp", ".owner.json.20260101", ".owner.json.0123456789abcdef0"),
    ],
)
def test_nothing_else_goes(tmp_path, other):
    kept = tmp_path / "state" / other
    kept.parent.mkdir(parents=True)
    kept.write_text("precious")
    (tmp_path / "state/viewer.json").touch()
    delete_named(tmp_path / "state", "owner.json", "viewer.json")
    assert kept.read_text() == "precious"
    assert not (tmp_path / "state/viewer.json").exists()


@pytest.mark.parametrize("target", ["../elsewhere", "nowhere"])
def test_a_link_named_like_ours_stays_and_so_does_what_it_names(tmp_path, target):
    (tmp_path / "state").mkdir()
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "state/owner.json").symlink_to(target)
    delete_named(tmp_path / "state", "owner.json")
    assert (tmp_path / "state/owner.json").readlink() == Path(target)
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/owner.json").touch()
    (tmp_path / "state").symlink_to("real")
    delete_named(tmp_path / "state", "owner.json")
    assert (tmp_path / "real/owner.json").exists()
