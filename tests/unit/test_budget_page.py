"""The budget page of docs/security.md: each bound is a constant of the file that the page names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
SECTIONS = {"petcam-web": "petcam", "petcam-streamer": "streamer", "petcam-streamer alone": "streamer"}


def rows(service: str) -> list[str]:
    """The last column of each row of the service's table."""
    section = TEXT.partition(f"### {service} (unit")[2].partition("\n##")[0].partition("\n\nSizes")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [line.strip("| ").rpartition(" | ")[2] for line in lines]


def source(folder: str, name: str) -> str:
    """The text of the one file below the folder whose path ends so."""
    [path] = [path for path in (ROOT / folder).rglob(Path(name).name) if path.as_posix().endswith(f"/{name}")]
    return path.read_text(encoding="utf-8")


CASES = [(folder, cell) for service, folder in SECTIONS.items() for cell in rows(service)]


def test_the_page_has_all_tables():
    assert len(rows("petcam-web")) > 15
    assert len(rows("petcam-streamer")) > 10
    assert len(rows("petcam-streamer alone")) > 5


@pytest.mark.parametrize(("folder", "cell"), CASES, ids=lambda value: value[:40])
def test_each_constant_is_in_the_file_that_the_page_names(folder: str, cell: str) -> None:
    named = re.findall(r"((?:`[\w.]+`(?:, )?)*) ?([\w/]+\.(?:py|go))", cell)
    assert named, "names no file"
    for constants, name in named:
        text = source(folder, name)
        for constant in re.findall(r"`([\w.]+)`", constants):
            assert re.search(rf"\b{constant.rpartition('.')[2]}\b", text), f"{constant} is not in {name}"
