"""`Extent`: the rectangle of a sheet's cells with its error values and merged cells; base of the XML readers.

calamine holds each cell of the rectangle around all cells, so that one at XFD1048576 would need terabytes.
"""

from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from .cell_names import Place, Range, cell_name
from .errors import ColumnsDiffer, TableTooLarge

MAX_SHEET_CELLS = 10_000_000  # of the rectangle around the filled ones; 32 bytes each in calamine
MAX_ERROR_CELLS = 10_000  # further ones count as empty
MAX_ERROR_CHARACTERS = 20  # of an error value; all that Excel has are shorter
CHUNK_BYTES = 65_536
NAMELESS_ERROR = "an error"


@dataclass(slots=True)
class Extent:
    """Rectangle around the filled cells of a sheet, and the error values in it by row and column from 0.

    `unknown` are begin and end, in bytes of its `part`, of error values that calamine does not know;
    `merged` are ranges of merged cells that calamine does not give, those of ODS.
    """

    name: str
    first: Place | None = None
    last: Place = (0, 0)
    errors: dict[Place, str] = field(default_factory=dict)
    part: str = ""
    unknown: "array[int]" = field(default_factory=lambda: array("q"))
    merged: list[Range] = field(default_factory=list)

    def add_error(self, place: Place, text: str) -> None:
        """Add an error value in one line, unless there are `MAX_ERROR_CELLS`."""
        if len(self.errors) < MAX_ERROR_CELLS:
            self.errors[place] = " ".join(text.split())[:MAX_ERROR_CHARACTERS] or NAMELESS_ERROR

    def add(self, row: int, column: int) -> None:
        """Add a filled cell.

        Raises:
            TableTooLarge: the rectangle then has more than `MAX_SHEET_CELLS`.
        """
        top, left = self.first or (row, column)
        self.first = (min(top, row), min(left, column))
        self.last = (max(self.last[0], row), max(self.last[1], column))
        # rows count from the first of the sheet, because they are numbered from there
        if (self.last[0] + 1) * (self.last[1] - self.first[1] + 1) > MAX_SHEET_CELLS:
            raise TableTooLarge(
                f"Sheet {self.name!r} has cells as far as {cell_name((row, column))}, and so more than "
                f"{MAX_SHEET_CELLS:,} cells with the empty ones; delete what lies beyond the table"
            )


@lru_cache(maxsize=1_024)
def local_name(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


class XmlReader:
    """Parser of XML that calls a method for the start of each element."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start
        self.parser.StartDoctypeDeclHandler = self._refuse

    def read(self, file: IO[bytes]) -> None:
        """Read a part to its end; at most `CHUNK_BYTES` of it are in memory."""
        while chunk := file.read(CHUNK_BYTES):
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def start(self, name: str, given: dict[str, str]) -> None:
        """Take the start of an element."""

    def _refuse(self, *_: object) -> None:
        raise ColumnsDiffer("The spreadsheet cannot be read: its XML has a document type")


def count_of(written: str | None) -> int:
    """Return the number in an attribute, at least 1; 1 if it is none."""
    return max(int(written), 1) if written is not None and written.isdecimal() and len(written) < 10 else 1
