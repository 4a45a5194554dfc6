"""`SourceTable`: the records of a foreign file with their row numbers; names of columns made comparable."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from okr_api.services.import_export.errors import RowIsUnclear

from .errors import TableTooLarge

MAX_TABLE_BYTES = 67_108_864
MAX_TABLE_ROWS = 50_000
MAX_TABLE_COLUMNS = 200
MAX_HEADER_ROW = 20
SEVERAL = "\n"


@dataclass(frozen=True, slots=True)
class CellError:
    """Error value that a formula gave, such as #N/A, with the names of its cell and column."""

    text: str
    cell: str
    column: str

    def __str__(self) -> str:
        return self.text


Value = str | int | float | bool | date | list[str] | CellError


def valid(value: Value) -> Value:
    """Return a cell that is used, for a text, a number, a condition or a place in the tree.

    Raises:
        RowIsUnclear: it has an error value.
    """
    if isinstance(value, CellError):
        raise RowIsUnclear(f"{value.column} is {value.text} in cell {value.cell}, an error of its formula")
    return value


def joined(values: Iterable[Value], separator: str) -> Value:
    """Return several cells as one text; the first error value if any has one."""
    values = list(values)
    broken = (each for each in values if isinstance(each, CellError))
    return next(broken, None) or separator.join(map(as_text, values))


def as_text(value: Value) -> str:
    """Return a cell as text.

    Raises:
        RowIsUnclear: it has an error value.
    """
    value = valid(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def column_key(name: object) -> str:
    """Return the name of a column as it is compared: without case, and without repeated spaces."""
    return " ".join(str(name).split()).casefold()


@dataclass(slots=True)
class Record:
    """One record: its number in the file, its filled cells by the key of the column, and what is wrong."""

    number: int
    cells: dict[str, Value]
    problem: str | None = None


@dataclass(slots=True)
class SourceTable:
    """Table of a foreign file: `names` are its columns by their keys, `notes` remarks on how it was read."""

    names: dict[str, str]
    records: Iterator[Record]
    notes: list[tuple[str, str]] = field(default_factory=list)


def columns_of(header: Sequence[object]) -> list[str]:
    """Return the keys of the columns of a header row; an empty cell has an empty key.

    Raises:
        TableTooLarge: there are more than `MAX_TABLE_COLUMNS`.
    """
    keys = [column_key(cell) if cell is not None else "" for cell in header]
    while keys and not keys[-1]:
        keys.pop()
    if len(keys) > MAX_TABLE_COLUMNS:
        raise TableTooLarge(f"The table has {len(keys)} columns; at most {MAX_TABLE_COLUMNS} are read")
    return keys


def records_of(
    keys: Sequence[str], rows: Iterator[tuple[int, Sequence[Any]]], wide: str = "cells"
) -> Iterator[Record]:
    """Yield the records of rows that have any cell filled; repeated columns become several lines.

    Raises:
        TableTooLarge: there are more than `MAX_TABLE_ROWS`.
    """
    count = 0
    for number, row in rows:
        cells: dict[str, Value] = {}
        problem = None
        for place, cell in enumerate(row):
            value = cell.strip() if isinstance(cell, str) else cell
            if value is None or value == "":
                continue
            if place >= len(keys) or not keys[place]:
                problem = f"The row has {place + 1} {wide}, the header {len(keys)}"
                continue
            key = keys[place]
            cells[key] = joined((cells[key], value), SEVERAL) if key in cells else value
        if not cells and problem is None:
            continue
        count += 1
        check_count(count)
        yield Record(number, cells, problem)


def check_count(count: int) -> None:
    """Raise `TableTooLarge` if there are more than `MAX_TABLE_ROWS`."""
    if count > MAX_TABLE_ROWS:
        raise TableTooLarge(f"The file has more than {MAX_TABLE_ROWS:,} rows; import it in parts")


def check_size(size: int) -> None:
    """Raise `TableTooLarge` if a file has more than `MAX_TABLE_BYTES`."""
    if size > MAX_TABLE_BYTES:
        raise TableTooLarge(f"The file has {size:,} bytes; at most {MAX_TABLE_BYTES:,} are read")
