"""Read CSV files: tell encodings and delimiters apart, find the header row, yield records."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from .cell_names import cell_name
from .error_values import is_error_text
from .errors import ColumnsDiffer, QuotesAreUnbalanced, TableTooLarge
from .source_table import MAX_HEADER_ROW, CellError, Record, SourceTable, columns_of, records_of
from .text_decoding import WESTERN, decode_text

DELIMITERS = ",;\t|"
MAX_CELL_CHARACTERS = 131_072  # of the csv module, unless told otherwise
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
csv.field_size_limit(MAX_CELL_CHARACTERS)
Fits = Callable[[Sequence[str]], bool]


def read_csv(content: bytes, fits: Fits) -> SourceTable:
    """Return the table of a CSV file, whose header is the first row that fits.

    Raises:
        ColumnsDiffer: none of the first `MAX_HEADER_ROW` rows fits, with any delimiter.
        QuotesAreUnbalanced: a quote is not closed; also while the records are read.
        TableTooLarge: a limit is exceeded; also while the records are read.
    """
    text, encoding = decode_text(content)
    broken: list[QuotesAreUnbalanced | TableTooLarge] = []
    for delimiter in DELIMITERS:
        for number, row in _first_rows(text, delimiter, broken):
            keys = columns_of(row)
            if not fits(keys):
                continue
            names = {key: " ".join(cell.split()) for key, cell in zip(keys, row, strict=False)}
            table = SourceTable(names, _records(text, delimiter, number, keys, names))
            table.notes.append(("READ_AS", f"Read as {encoding.upper()}, separated by {NAMES[delimiter]}"))
            if encoding == WESTERN:
                table.notes.append(("NOT_UTF_8", "The file is not UTF-8, and was read as Windows-1252"))
            return table
    if len(broken) == len(DELIMITERS):  # with the wrong delimiter quotes often look unbalanced
        raise broken[0]
    raise ColumnsDiffer("No row of the file has the columns that are required")


def csv_header(content: bytes) -> list[str]:
    """Return the first row with the most columns of any delimiter, as keys; empty if it is no table."""
    try:
        text, _ = decode_text(content)
        heads = [columns_of(row) for each in DELIMITERS for _, row in _first_rows(text, each, [])]
    except (ColumnsDiffer, TableTooLarge):
        return []
    return max(heads, key=len, default=[])


def _records(
    text: str, delimiter: str, header: int, keys: Sequence[str], names: Mapping[str, str]
) -> Iterator[Record]:
    """Yield the records below the header; a text that a spreadsheet writes for an error value is one."""

    def cells(number: int, row: Sequence[str]) -> Sequence[str | CellError]:
        if not any(map(is_error_text, row)):
            return row
        named = [*(names.get(key, "") for key in keys), *("" for _ in row[len(keys) :])]
        return [
            CellError(cell.strip(), cell_name((number - 1, column)), named[column])
            if is_error_text(cell)
            else cell
            for column, cell in enumerate(row)
        ]

    rows = _below(text, delimiter, header, keys)
    return records_of(keys, ((number, cells(number, row)) for number, row in rows))


def _below(
    text: str, delimiter: str, header: int, keys: Sequence[str]
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows below the header.

    Raises:
        QuotesAreUnbalanced: a row is too short, because its last cell holds all of another row.
    """
    for number, row in _rows(text, delimiter):
        if number <= header:
            continue
        if 1 < len(row) < len(keys) and any(
            line.count(delimiter) >= len(keys) - 1 for line in row[-1].splitlines()[1:]
        ):
            raise QuotesAreUnbalanced(
                f"The last cell of row {number} holds further rows: a quote in it is not closed"
            )
        yield number, row


def _first_rows(
    text: str, delimiter: str, broken: list[QuotesAreUnbalanced | TableTooLarge]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows in which the header is looked for, up to one that is broken."""
    try:
        yield from islice(_rows(text, delimiter), MAX_HEADER_ROW)
    except (QuotesAreUnbalanced, TableTooLarge) as refusal:
        broken.append(refusal)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the numbers that a spreadsheet would show."""
    number = 0
    try:
        for number, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1
        ):
            yield number, row
    except csv.Error as problem:
        if "field limit" in str(problem):
            raise TableTooLarge(
                f"A cell of row {number + 1} has more than {MAX_CELL_CHARACTERS:,} characters, or a quote "
                "in it is not closed"
            ) from None
        raise QuotesAreUnbalanced(
            f"A quote in row {number + 1} is not closed, or has text after it: {problem}; "
            "a quote within a quoted cell is written twice"
        ) from None
