"""Read XLSX, XLS and ODS files with calamine: find the sheet and its header, reject merged cells."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from .cell_names import Place, Range, cell_name
from .error_values import replace_unknown_errors
from .errors import CellsAreMerged, ColumnsDiffer, TableTooLarge
from .extent_reader import read_extents
from .sheet_extent import Extent
from .source_table import MAX_HEADER_ROW, CellError, Record, SourceTable, columns_of, records_of

MAX_XLS_BYTES = 16_777_216  # a sheet has at most 65,536 rows of 256 cells, whatever their extent
MAX_TOLD_RANGES = 5
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
VISIBLE = SheetVisibleEnum.Visible
ERRORS_NOT_READ = "Error values such as #N/A are read as empty cells; save the file as XLSX to see them"
Fits = Callable[[Sequence[str]], bool]


def is_spreadsheet(content: bytes) -> bool:
    """Return whether the content begins as spreadsheets do."""
    return content.startswith((ZIP, OLD_EXCEL))


def read_spreadsheet(content: bytes, fits: Fits) -> SourceTable:
    """Return the table of the first sheet that is not hidden and has a header row that fits.

    Raises:
        ColumnsDiffer: no sheet has one, or the file cannot be read.
        CellsAreMerged: cells are merged in or below the header row.
        TableTooLarge: a limit is exceeded; also while the records are read.
    """
    content, extents = _checked(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            hidden = [each.name for each in workbook.sheets_metadata if each.visible != VISIBLE]
            names = [each for each in workbook.sheet_names if each not in hidden]
            broken: list[str] = []
            for name in names:
                sheet = workbook.get_sheet_by_name(name)
                table = _table_of(sheet, fits, extents.get(name), broken)
                if table is None:
                    continue
                others = [each for each in names if each != name]
                if others or hidden:
                    table.notes.append(("SHEETS_IGNORED", f"Sheet {name!r} was read, and no other"))
                if not content.startswith(ZIP):
                    table.notes.append(("ERRORS_NOT_READ", ERRORS_NOT_READ))
                return table
    except CalamineError as problem:
        raise ColumnsDiffer(f"The spreadsheet cannot be read: {problem}") from None
    shown = ", ".join(map(repr, names[:MAX_TOLD_RANGES]))
    unread = (
        f"; hidden sheets are not read: {', '.join(map(repr, hidden[:MAX_TOLD_RANGES]))}" if hidden else ""
    )
    told = "".join(f"; {each}, an error of its formula" for each in broken[:MAX_TOLD_RANGES])
    raise ColumnsDiffer(f"No sheet ({shown}) has a row with the columns that are required{told}{unread}")


def spreadsheet_header(content: bytes) -> list[str]:
    """Return the keys of the widest of the first rows of the first sheet that is not hidden; or none."""
    try:
        content, _ = _checked(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            visible = [each.name for each in workbook.sheets_metadata if each.visible == VISIBLE]
            rows = workbook.get_sheet_by_name(visible[0]).to_python(nrows=MAX_HEADER_ROW) if visible else []
        return max((columns_of(row) for row in rows), key=len, default=[])
    except (CalamineError, ColumnsDiffer, TableTooLarge):
        return []


def _table_of(
    sheet: CalamineSheet, fits: Fits, extent: Extent | None, broken: list[str]
) -> SourceTable | None:
    """Return the table of a sheet, or None if no row fits: then add the errors of the widest to `broken`."""
    first, left = sheet.start or (0, 0)
    errors = {(row, column - left): text for (row, column), text in (extent.errors if extent else {}).items()}
    widest: list[str] = []
    at = 0
    for place, cells in enumerate(sheet.to_python(nrows=MAX_HEADER_ROW)):
        row = [errors.get((first + place, column), cell) for column, cell in enumerate(cells)]
        keys = columns_of(row)
        if len(keys) > len(widest):
            widest, at = keys, first + place
        if fits(keys):
            _refuse_merged(sheet, first + place, extent.merged if extent else ())
            names = {key: " ".join(str(cell).split()) for key, cell in zip(keys, row, strict=False)}
            return SourceTable(names, _records(sheet, keys, names, first + place, errors, left))
    columns = (column for column in range(len(widest)) if (at, column) in errors)
    broken.extend(f"cell {cell_name((at, column + left))} is {errors[at, column]}" for column in columns)
    return None


def _records(
    sheet: CalamineSheet,
    keys: Sequence[str],
    names: Mapping[str, str],
    header: int,
    errors: Mapping[Place, str],
    left: int,
) -> Iterator[Record]:
    """Yield the records below the header, the row with that index; iteration begins with the first row.

    calamine gives an empty cell for an error value, so that it is put there; `left` is the first column.
    """
    broken = {row for row, _ in errors}

    def cells(place: int, row: Sequence[Any]) -> list[Any]:
        plain = [_plain(cell) for cell in row]
        for column in range(len(plain)) if place in broken else ():
            if (place, column) in errors:
                name = names.get(keys[column], "") if column < len(keys) else ""
                plain[column] = CellError(errors[place, column], cell_name((place, column + left)), name)
        return plain

    rows = ((place, row) for place, row in enumerate(sheet.iter_rows()) if place > header)
    return records_of(keys, ((place + 1, cells(place, row)) for place, row in rows))


def _plain(cell: Any) -> Any:
    """Return a cell as text, number, boolean or day; a time of day within a date is dropped at midnight."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _refuse_merged(sheet: CalamineSheet, header: int, more_ranges: Sequence[Range]) -> None:
    ranges = [each for each in (*(sheet.merged_cell_ranges or ()), *more_ranges) if each[1][0] >= header]
    if not ranges:
        return
    shown = ", ".join(f"{cell_name(begin)}:{cell_name(end)}" for begin, end in ranges[:MAX_TOLD_RANGES])
    more = f" and {len(ranges) - MAX_TOLD_RANGES} more" if len(ranges) > MAX_TOLD_RANGES else ""
    raise CellsAreMerged(
        f"Sheet {sheet.name!r} has merged cells, {shown}{more}: unmerge them and fill in each row"
    )


def _checked(content: bytes) -> tuple[bytes, dict[str, Extent]]:
    """Return the file as calamine can read it, and the extents of its sheets if its format tells them.

    Raises:
        ColumnsDiffer: it is broken.
        TableTooLarge: a limit is exceeded.
    """
    if content.startswith(ZIP):
        extents = read_extents(content)
        unknown = {each.part: each.unknown for each in extents.values() if each.unknown}
        return (replace_unknown_errors(content, unknown) if unknown else content), extents
    if len(content) > MAX_XLS_BYTES:
        raise TableTooLarge(
            f"An XLS file of {len(content):,} bytes; at most {MAX_XLS_BYTES:,} are read: save it as XLSX"
        )
    return content, {}
