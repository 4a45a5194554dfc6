"""Write tables as the sheets of an XLSX file, row by row in bounded memory."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from okr_api.okr.errors import InvalidInput

from .table_columns import Column, ColumnType, Row, typed

MAX_SHEET_ROWS = 1_048_576  # of the format, with the header
MAX_SHEET_CELL_CHARACTERS = 32_767  # of the format
OPTIONS = {
    "constant_memory": True,  # a row is written to a temporary file once the next begins
    "strings_to_formulas": False,  # a title that begins with = is a text
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
INSTANT_FORMAT = "yyyy-mm-dd hh:mm:ss"  # in UTC, as Excel knows no time zones
DAY_FORMAT = "yyyy-mm-dd"


class SheetIsFull(InvalidInput):
    """A table has more rows than a sheet can hold."""


class XlsxWriter:
    """Writer of an XLSX file; a context manager, whose end completes the file."""

    def __init__(self, file: Path) -> None:
        self.book = Workbook(str(file), OPTIONS)
        self.formats = {
            ColumnType.DAY: self.book.add_format({"num_format": DAY_FORMAT}),
            ColumnType.INSTANT: self.book.add_format({"num_format": INSTANT_FORMAT}),
        }
        self.head = self.book.add_format({"bold": True})
        self.sheet: Worksheet | None = None
        self.columns: Sequence[Column] = ()
        self.row = 0

    def __enter__(self) -> "XlsxWriter":
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file."""
        self.book.close()

    def begin(self, name: str, columns: Sequence[Column]) -> None:
        """Begin the sheet of a table, with its header row."""
        self.sheet, self.columns, self.row = self.book.add_worksheet(name), columns, 1
        self.sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            self.sheet.write_string(0, place, column.name, self.head)

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows of the table.

        Raises:
            SheetIsFull: there are more than `MAX_SHEET_ROWS` with the header.
        """
        assert self.sheet is not None
        for row in rows:
            if self.row >= MAX_SHEET_ROWS:
                raise SheetIsFull(f"A sheet has at most {MAX_SHEET_ROWS:,} rows; export as CSV or Parquet")
            for place, (value, column) in enumerate(zip(row, self.columns, strict=True)):
                if value is not None:
                    self._put(place, value, column)
            self.row += 1

    def _put(self, place: int, value: Any, column: Column) -> None:
        assert self.sheet is not None
        match column.type:
            case ColumnType.TEXT:
                self.sheet.write_string(self.row, place, str(value)[:MAX_SHEET_CELL_CHARACTERS])
            case ColumnType.BOOLEAN:
                self.sheet.write_boolean(self.row, place, value)
            case ColumnType.DAY:
                self.sheet.write_datetime(self.row, place, typed(value, column), self.formats[column.type])
            case ColumnType.INSTANT:
                at = typed(value, column).astimezone(UTC).replace(tzinfo=None)
                self.sheet.write_datetime(self.row, place, at, self.formats[column.type])
            case _:
                self.sheet.write_number(self.row, place, value)
