"""Read CSV files: tell encodings and delimiters apart, find the header row, yield records."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from .errors import ColumnsDiffer, TableTooLarge
from .source_table import MAX_HEADER_ROW, Record, SourceTable, columns_of, records_of
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
        TableTooLarge: a limit is exceeded; also while the records are read.
    """
    text, encoding = decode_text(content)
    for delimiter in DELIMITERS:
        for number, row in islice(_rows(text, delimiter), MAX_HEADER_ROW):
            keys = columns_of(row)
            if not fits(keys):
                continue
            names = {key: " ".join(cell.split()) for key, cell in zip(keys, row, strict=False)}
            table = SourceTable(names, _records(text, delimiter, number, keys))
            table.notes.append(("READ_AS", f"Read as {encoding.upper()}, separated by {NAMES[delimiter]}"))
            if encoding == WESTERN:
                table.notes.append(("NOT_UTF_8", "The file is not UTF-8, and was read as Windows-1252"))
            return table
    raise ColumnsDiffer("No row of the file has the columns that are required")


def csv_header(content: bytes) -> list[str]:
    """Return the first row with the most columns of any delimiter, as keys; empty if it is no table."""
    try:
        text, _ = decode_text(content)
        heads = [
            columns_of(row) for each in DELIMITERS for _, row in islice(_rows(text, each), MAX_HEADER_ROW)
        ]
    except (ColumnsDiffer, TableTooLarge):
        return []
    return max(heads, key=len, default=[])


def _records(text: str, delimiter: str, header: int, keys: Sequence[str]) -> Iterator[Record]:
    rows = _rows(text, delimiter)
    return records_of(keys, ((number, row) for number, row in rows if number > header))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the numbers that a spreadsheet would show."""
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1)
    except csv.Error as problem:
        raise TableTooLarge(f"A cell cannot be read: {problem}") from None
