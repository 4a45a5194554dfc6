"""The tables of docs/policy.md, as values."""

import re
from collections.abc import Mapping
from functools import cache

from tests.docs.named import CODE, text_of

DOCUMENT = "docs/policy.md"
SECTION = re.compile(r"^##+ (.+)$", re.MULTILINE)
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
Table = Mapping[str, Mapping[str, str]]  # cells by the first cell of their row and the head of their column


def plain(cell: str) -> str:
    """Return a cell without spaces around it, and without backticks if it is one name."""
    cell = cell.strip()
    return cell[1:-1] if CODE.fullmatch(cell) else cell


@cache
def table(section: str) -> Table:
    """Return the table under a heading."""
    _, *parts = SECTION.split(text_of(DOCUMENT))
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    heads, _, *rows = ([plain(cell) for cell in row.split("|")] for row in ROW.findall(texts[section]))
    return {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in rows}


def permits(cell: str) -> bool:
    """Return whether a cell says yes; it may say nothing else but a dash."""
    assert cell in ("yes", "–"), cell
    return cell == "yes"
