"""The browser modules' rooms: what may import what, and no circle."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
MAY_IMPORT = {"lib": {"lib"}, "live": {"lib", "live"}, "recordings": {"lib", "recordings"}}
MODULES = sorted(STATIC.rglob("*.js"))
IMPORT = re.compile(r'\bimport\b[^;"]*"(\.{1,2}/[\w/.-]+\.js)"')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def imported(module: Path, text: str) -> set[Path]:
    return {(module.parent / name).resolve() for name in IMPORT.findall(text)}


@pytest.mark.parametrize("module", MODULES, ids=[module.relative_to(STATIC).as_posix() for module in MODULES])
def test_a_module_imports_only_from_the_rooms_that_its_own_may(module: Path) -> None:
    for path in imported(module, module.read_text(encoding="utf-8")):  # types too, which stand in comments
        assert path.is_file(), path
        assert path.parent.name in MAY_IMPORT[module.parent.name], path


def test_no_module_loads_itself_by_way_of_others() -> None:
    left = {module: imported(module, COMMENT.sub("", module.read_text(encoding="utf-8"))) for module in MODULES}
    while leaves := {module for module, names in left.items() if not names & left.keys()}:
        left = {module: names for module, names in left.items() if module not in leaves}
    assert not left, sorted(path.name for path in left)
