"""Names in the documents' backticks: constants by their module, and tests by their file."""

import ast
import importlib
import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "okr_api"
LIMIT = re.compile(
    r"(MAX|MIN|MOST|LARGEST|LONGEST|SMALLEST|SHORTEST|FURTHEST|DEEPEST|EARLIEST|LATEST|OLDEST|HIGHEST)_\w+"
    r"|UNCOUNTED_\w+"
    r"|IDEMPOTENCY_TTL|RECENT_KEPT|LAUNCHES|BACKLOG|DEFAULT_PAGE_SIZE|DEFAULT_RATE|CADENCE|GRACE"
    r"|\w+_(S|LIMIT|WITHIN|BATCH_SIZE|LIMIT_BYTES|TAIL_BYTES)"
    r"|\w+_COST|COST_PER_MS|COMPARISONS_PER_LOOK|\w+_COMPARISON"  # costs
)
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


@cache
def text_of(document: str) -> str:
    """Return the text of a document (a path from the root)."""
    return (ROOT / document).read_text("utf-8")


def rows_of(document: str) -> list[list[str]]:
    """Return the rows of all tables of a document as cells, without headers and rules."""
    rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(text_of(document))]
    following = [*rows[1:], []]
    return [
        row
        for row, next_row in zip(rows, following, strict=True)
        if not _is_rule(row) and not _is_rule(next_row)
    ]


def _is_rule(row: list[str]) -> bool:
    return bool(row) and all(set(cell) <= set("-: ") for cell in row)


def limits() -> dict[tuple[str, str], Any]:
    """Return every constant that is a limit, by its file in the package and its name."""
    found: dict[tuple[str, str], Any] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if "migrations" in place:
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            names = node.targets if isinstance(node, ast.Assign) else []
            for name in names:
                if isinstance(name, ast.Name) and LIMIT.fullmatch(name.id):
                    value = getattr(importlib.import_module(_module(place)), name.id)
                    if not isinstance(value, str):
                        found[(place, name.id)] = value
    return found


def _module(place: str) -> str:
    return "okr_api." + place.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def said(value: Any) -> str:
    """Format a constant's value as a table shows it."""
    if isinstance(value, timedelta):
        for name, unit in (("days", 86_400), ("minutes", 60), ("seconds", 1)):
            if value.total_seconds() % unit == 0:
                return f"{int(value.total_seconds() // unit)} {name}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}"


@cache
def every_test() -> frozenset[str]:
    """Return every test as `tests/file.py::name`."""
    found = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return frozenset(found)


def named_tests(document: str) -> list[str]:
    """Return the tests that a document names, as `tests/file.py::name`."""
    return [name for name in CODE.findall(text_of(document)) if name.startswith("tests/") and "::" in name]
