"""Read XLSX, XLS and ODS files with calamine: find the sheet and its header, reject merged cells."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from .errors import CellsAreMerged, ColumnsDiffer, TableTooLarge
from .source_table import MAX_HEADER_ROW, Record, SourceTable, columns_of, records_of

MAX_UNPACKED_BYTES = 536_870_912  # of all parts of a spreadsheet, which is a ZIP archive
MAX_TOLD_RANGES = 5
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
Fits = Callable[[Sequence[str]], bool]


def is_spreadsheet(content: bytes) -> bool:
    """Return whether the content begins as spreadsheets do."""
    return content.startswith((ZIP, OLD_EXCEL))


def read_spreadsheet(content: bytes, fits: Fits) -> SourceTable:
    """Return the table of the first sheet that has a header row that fits.

    Raises:
        ColumnsDiffer: no sheet has one, or the file cannot be read.
        CellsAreMerged: cells are merged in or below the header row.
        TableTooLarge: a limit is exceeded; also while the records are read.
    """
    _check_unpacked(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            names = workbook.sheet_names
            for name in names:
                sheet = workbook.get_sheet_by_name(name)
                table = _table_of(sheet, fits)
                if table is None:
                    continue
                others = [each for each in names if each != name]
                if others:
                    table.notes.append(("SHEETS_IGNORED", f"Sheet {name!r} was read, and no other"))
                return table
    except CalamineError as problem:
        raise ColumnsDiffer(f"The spreadsheet cannot be read: {problem}") from None
    shown = ", ".join(map(repr, names[:MAX_TOLD_RANGES]))
    raise ColumnsDiffer(f"No sheet ({shown}) has a row with the columns that are required")


def spreadsheet_header(content: bytes) -> list[str]:
    """Return the keys of the widest of the first rows of the first sheet; empty if it cannot be read."""
    try:
        _check_unpacked(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            rows = workbook.get_sheet_by_index(0).to_python(nrows=MAX_HEADER_ROW)
        return max((columns_of(row) for row in rows), key=len, default=[])
    except (CalamineError, ColumnsDiffer, TableTooLarge):
        return []


def _table_of(sheet: CalamineSheet, fits: Fits) -> SourceTable | None:
    """Return the table of a sheet, or None if no row fits."""
    first = (sheet.start or (0, 0))[0]
    for place, row in enumerate(sheet.to_python(nrows=MAX_HEADER_ROW)):
        keys = columns_of(row)
        if fits(keys):
            _refuse_merged(sheet, first + place)
            names = {key: " ".join(str(cell).split()) for key, cell in zip(keys, row, strict=False)}
            return SourceTable(names, _records(sheet, keys, first + place))
    return None


def _records(sheet: CalamineSheet, keys: Sequence[str], header: int) -> Iterator[Record]:
    """Yield the records below the header, the row with that index; iteration begins with the first row."""
    rows = ((place, row) for place, row in enumerate(sheet.iter_rows()) if place > header)
    return records_of(keys, ((place + 1, [_plain(cell) for cell in row]) for place, row in rows))


def _plain(cell: Any) -> Any:
    """Return a cell as text, number, boolean or day; a time of day within a date is dropped at midnight."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _refuse_merged(sheet: CalamineSheet, header: int) -> None:
    ranges = [each for each in sheet.merged_cell_ranges or () if each[1][0] >= header]
    if not ranges:
        return
    shown = ", ".join(f"{_cell(begin)}:{_cell(end)}" for begin, end in ranges[:MAX_TOLD_RANGES])
    more = f" and {len(ranges) - MAX_TOLD_RANGES} more" if len(ranges) > MAX_TOLD_RANGES else ""
    raise CellsAreMerged(
        f"Sheet {sheet.name!r} has merged cells, {shown}{more}: unmerge them and fill in each row"
    )


def _cell(place: tuple[int, int]) -> str:
    """Return the name of a cell, such as B3."""
    row, column = place
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def _check_unpacked(content: bytes) -> None:
    """Raise `TableTooLarge` if the parts of a ZIP archive are too large once unpacked."""
    if not content.startswith(ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as problem:
        raise ColumnsDiffer(f"The spreadsheet cannot be read: {problem}") from None
    if size > MAX_UNPACKED_BYTES:
        raise TableTooLarge(
            f"The spreadsheet has {size:,} bytes unpacked; at most {MAX_UNPACKED_BYTES:,} are read"
        )
