"""Code style rules that no linter checks."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SOURCE, committed_texts, modules

LINES_PER_FILE = 250
LINES_PER_FUNCTION = 40

# Files and functions that may exceed the limits, each with its reason. An entry that is not needed fails.
#   "graphql/objective.py": "Objective and KeyResult refer to each other: one file for both"
#   "store/change_rows.py:append": "one SQL statement, read from top to bottom"
LONGER_FOR_A_REASON: dict[str, str] = {
    "graphql/types/measured.py": "one interface: the fields that both types share, in one list",
}

# Migrations are written once, with Alembic, and never edited; the limits do not apply to them.
MIGRATIONS = SOURCE / "store" / "migrations" / "versions"

# Words that name the role of a file, not its subject.
ROLES = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}
ROLES_OF_A_FILE = {"service", "services"}  # for files only: the package services/ is allowed

# Folders of one machine, and addresses that a lock file got its packages from.
# Split, so that this file does not match.
ELSEWHERE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/(?:root|work)" + "/",
            r"(?<![\w.])/(?:home|Users)" + r"/\w",
            r"https?://(?:registry\.[\w-]+|[\w.]*pypi|files\.pythonhosted)" + r"\.\w",
        )
    )
)


def place(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def written_by_hand() -> list[Path]:
    return [path for path in modules() if not path.is_relative_to(MIGRATIONS)]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines from `def` to the end of a function, without the docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def lengths() -> dict[str, tuple[int, int]]:
    """Return lines and limit of every file and function, as `file` and `file:function`."""
    found = {}
    for path in written_by_hand():
        text = path.read_text()
        found[place(path)] = (text.count("\n"), LINES_PER_FILE)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{place(path)}:{node.name}"
                longest_so_far, _ = found.get(name, (0, 0))
                found[name] = (max(length_of(node), longest_so_far), LINES_PER_FUNCTION)
    return found


def too_long() -> dict[str, int]:
    """Return the files and functions that exceed their limit, with their lines."""
    return {what: lines for what, (lines, cap) in lengths().items() if lines > cap}


def test_the_source_is_found():
    assert SOURCE / "__init__.py" in modules()


def test_files_and_functions_stay_short():
    longer = {what: lines for what, lines in too_long().items() if what not in LONGER_FOR_A_REASON}
    assert longer == {}, f"at most {LINES_PER_FILE} lines a file and {LINES_PER_FUNCTION} a function"


def test_an_allowance_that_nothing_needs_is_gone():
    assert set(LONGER_FOR_A_REASON) - set(too_long()) == set()


def test_an_allowance_has_its_reason():
    assert [what for what, reason in LONGER_FOR_A_REASON.items() if len(reason.split()) < 4] == []


def test_files_are_named_after_what_they_are_about():
    named_after_a_role = [
        place(path)
        for path in modules()
        if path.stem in ROLES_OF_A_FILE
        or any(ROLES & set(part.split("_")) for part in path.relative_to(SOURCE).with_suffix("").parts)
    ]
    assert named_after_a_role == []


def test_every_module_says_what_it_is():
    silent = [place(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_nothing_committed_names_one_machine_or_a_registry():
    texts = committed_texts()
    if not texts:
        pytest.skip("not a git repository: nothing is committed")
    named = {
        f"{name}:{number}: {found[0]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := ELSEWHERE.search(line))
    }
    assert named == set()


def test_the_root_is_the_project():
    assert (ROOT / "pyproject.toml").is_file()
