"""The arrows between the parts of the house point one way, and a wrong one is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

WRONG_ARROWS = {
    "the rules query": ("scoring", "import okr_api.store"),
    "the store scores": ("store", "import okr_api.scoring"),
    "reading writes": ("reading", "import okr_api.services"),
    "a word knows the web": ("okr", "import starlette"),
    "a rule knows GraphQL": ("scoring", "import graphql"),
    "a service writes rows": ("services", "import okr_api.store.tables"),
    "a part reads the settings": ("identity", "import okr_api.settings"),
}


@pytest.fixture
def house(tmp_path):
    """A copy of the house, to be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(house):
    """Run `lint-imports` on a copy; its exit code and what it printed."""
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


@pytest.mark.parametrize(("part", "arrow"), WRONG_ARROWS.values(), ids=WRONG_ARROWS.keys())
def test_a_wrong_arrow_is_noticed(house, part, arrow):
    (house / "src" / "okr_api" / part / "wrong.py").write_text(f"{arrow}\n")
    code, said = lint(house)
    assert code == 1, said
    assert f"okr_api.{part}.wrong" in said


def test_a_part_without_its_place_is_noticed(house):
    (house / "src" / "okr_api" / "misplaced.py").write_text("")
    code, said = lint(house)
    assert code == 1, said
    assert "misplaced" in said
