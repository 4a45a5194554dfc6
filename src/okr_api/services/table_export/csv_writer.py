"""Write rows as CSV (RFC 4180) in UTF-8: a header row, then batches; a cell is as the API's JSON has it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from .table_columns import Column, Row


def csv_head(columns: Sequence[Column]) -> bytes:
    """Return the header row."""
    return csv_rows([[column.name for column in columns]])


def csv_rows(rows: Iterable[Row]) -> bytes:
    """Return rows; null is an empty cell, and booleans are as in JSON."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
