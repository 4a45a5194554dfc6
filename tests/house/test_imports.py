"""The import contracts between packages hold, and each violation is reported."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

WRONG_ARROWS = {
    "the rules query": ("scoring", "import okr_api.store"),
    "the store scores": ("store", "import okr_api.scoring"),
    "the query engine writes": ("query_engine", "import okr_api.services"),
    "advice queries": ("coaching", "import okr_api.store"),
    "a word knows the web": ("okr", "import starlette"),
    "a rule knows GraphQL": ("scoring", "import graphql"),
    "a service writes rows": ("services", "import okr_api.store.tables"),
    "a part reads the settings": ("auth", "import okr_api.settings"),
}


@pytest.fixture
def house(tmp_path):
    """Return a copy of the project that the test may break."""
    return copied(tmp_path)


def copied(folder):
    """Copy the source and its configuration into a folder."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(house):
    """Run `lint-imports` on a copy; return its exit code and its output."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def test_the_arrows_point_one_way(house):
    code, said = lint(house)
    assert code == 0, said


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Return the output for a copy with every wrong import."""
    spoilt = copied(tmp_path_factory.mktemp("spoilt"))
    for name, (part, arrow) in WRONG_ARROWS.items():
        (spoilt / "src" / "okr_api" / part / f"{module(name)}.py").write_text(f"{arrow}\n")
    code, said = lint(spoilt)
    assert code == 1, said
    return said


@pytest.mark.parametrize("name", WRONG_ARROWS)
def test_a_wrong_arrow_is_noticed(complaints, name):
    part, arrow = WRONG_ARROWS[name]
    imported = arrow.removeprefix("import ")
    assert re.search(rf"okr_api\.{part}\.{module(name)} -> {re.escape(imported)}\b", complaints), complaints


def module(name):
    """Return the name of the module that contains a wrong import."""
    return name.replace(" ", "_").lower()


def test_a_part_without_its_place_is_noticed(house):
    (house / "src" / "okr_api" / "misplaced.py").write_text("")
    code, said = lint(house)
    assert code == 1, said
    assert "misplaced" in said
