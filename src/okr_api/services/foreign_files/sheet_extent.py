"""Check the extent of the sheets in XLSX and ODS files before they are read, by streaming their XML.

calamine holds each cell of the rectangle around all cells, so that one at XFD1048576 would need terabytes.
"""

import io
import itertools
import lzma
import posixpath
import re
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from .cell_names import Place, cell_name, column_of
from .error_values import KNOWN_ERRORS
from .errors import ColumnsDiffer, TableTooLarge

MAX_SHEET_CELLS = 10_000_000  # of the rectangle around the filled ones; 32 bytes each in calamine
MAX_PART_BYTES = 67_108_864  # of the XML of a sheet, or of the texts of all
MAX_ERROR_CELLS = 10_000  # further ones count as empty
MAX_ERROR_CHARACTERS = 20  # of an error value; all that Excel has are shorter
CHUNK_BYTES = 65_536
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
WORKBOOK, RELATIONS, CONTENT = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "content.xml"
SHEET_TYPES = ("/worksheet", "/chartsheet", "/dialogsheet", "/macrosheet")
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, expat.ExpatError,
    NotImplementedError, RuntimeError, EOFError, OSError, ValueError,  # zipfile raises these too
)  # fmt: skip


@dataclass(slots=True)
class Extent:
    """Rectangle around the filled cells of a sheet, and the error values in it by row and column from 0.

    `unknown` are begin and end, in bytes of its `part`, of error values that calamine does not know.
    """

    name: str
    first: Place | None = None
    last: Place = (0, 0)
    errors: dict[Place, str] = field(default_factory=dict)
    part: str = ""
    unknown: "array[int]" = field(default_factory=lambda: array("q"))

    def add_error(self, place: Place, text: str) -> None:
        """Add an error value, unless there are `MAX_ERROR_CELLS`."""
        if len(self.errors) < MAX_ERROR_CELLS:
            self.errors[place] = text

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
def _local(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


class _Parts:
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


class _Elements(_Parts):
    """Collector of the attributes of all elements with a name, such as those of `sheet`."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.found: list[dict[str, str]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if _local(name) == self.wanted:
            self.found.append({_local(key): each for key, each in given.items()})


class _XlsxSheet(_Parts):
    """Reader of a sheet of an XLSX file. A cell that only has a format is not filled."""

    def __init__(self, extent: Extent) -> None:
        super().__init__()
        self.extent = extent
        self.row, self.column = -1, -1
        self.is_error, self.text, self.begins = False, "", -1

    def start(self, name: str, given: dict[str, str]) -> None:
        name = _local(name)
        if name == "row":
            self.row = _count(given["r"]) - 1 if "r" in given else self.row + 1
            self.column = -1
        elif name == "c":
            matched = REFERENCE.fullmatch(given.get("r", ""))
            self.column = column_of(matched[1]) if matched else self.column + 1
            self.row = int(matched[2]) - 1 if matched else self.row
            self.is_error = given.get("t") == "e"
        elif name in ("v", "is", "f"):
            self.extent.add(max(self.row, 0), max(self.column, 0))
            if name == "v" and self.is_error:
                self.text, self.begins = "", -1
                self.parser.CharacterDataHandler = self._add_text
                self.parser.EndElementHandler = self._end_error

    def _end_error(self, _: str) -> None:
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        self.extent.add_error((self.row, self.column), self.text)
        if self.begins >= 0 and self.text not in KNOWN_ERRORS:
            self.extent.unknown.extend((self.begins, self.parser.CurrentByteIndex))

    def _add_text(self, text: str) -> None:
        if self.begins < 0:
            self.begins = self.parser.CurrentByteIndex
        self.text = (self.text + text)[:MAX_ERROR_CHARACTERS]


class _OdsSheets(_Parts):
    """Reader of all sheets of an ODS file, which says how often cells are repeated and which are errors."""

    def __init__(self) -> None:
        super().__init__()
        self.extents: list[Extent] = []
        self.row, self.column, self.rows, self.columns = 0, 0, 0, 0
        self.is_error, self.text = False, ""
        self.parser.EndElementHandler = self._end

    def start(self, name: str, given: dict[str, str]) -> None:
        is_error = any(each == "error" for key, each in given.items() if _local(key) == "value-type")
        name, given = _local(name), {_local(key): each for key, each in given.items()}
        if name == "table":
            self.extents.append(Extent(given.get("name", "")))
            self.row, self.rows = 0, 0
        elif name == "table-row":
            self.row += self.rows
            self.column, self.rows = 0, _count(given.get("number-rows-repeated"))
        elif name in ("table-cell", "covered-table-cell"):
            self.columns = _count(given.get("number-columns-repeated"))
            if "value-type" in given and self.extents:
                self.extents[-1].add(self.row, self.column)
                self.extents[-1].add(self.row + self.rows - 1, self.column + self.columns - 1)
            self.is_error, self.text = is_error, ""
            self.parser.CharacterDataHandler = self._add_text

    def _add_text(self, text: str) -> None:
        self.text = (self.text + text)[: MAX_ERROR_CHARACTERS + 1]

    def _end(self, name: str) -> None:
        if _local(name) not in ("table-cell", "covered-table-cell"):
            return
        self.parser.CharacterDataHandler = None
        text = self.text.strip()
        if self.extents and (self.is_error or text in KNOWN_ERRORS):
            places = itertools.product(range(self.rows), range(self.columns))
            for row, column in itertools.islice(places, MAX_ERROR_CELLS):
                place = self.row + row, self.column + column
                self.extents[-1].add_error(place, text[:MAX_ERROR_CHARACTERS] or "an error")
        self.column += self.columns


def read_extents(content: bytes) -> dict[str, Extent]:
    """Return the extents of the sheets of an XLSX or ODS file by their names.

    Raises:
        ColumnsDiffer: it is neither, or broken.
        TableTooLarge: a part has more than `MAX_PART_BYTES`, or a sheet more than `MAX_SHEET_CELLS`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            parts = set(archive.namelist())
            if WORKBOOK in parts and RELATIONS in parts:
                return _xlsx_extents(archive, parts)
            if CONTENT in parts:
                sheets = _OdsSheets()
                with archive.open(CONTENT) as file:
                    sheets.read(file)
                return {each.name: each for each in sheets.extents}
    except BROKEN as problem:
        raise ColumnsDiffer(f"The spreadsheet cannot be read: {problem}") from None
    raise ColumnsDiffer("The file is no spreadsheet that can be read: XLSX, XLS and ODS are")


def _xlsx_extents(archive: zipfile.ZipFile, parts: set[str]) -> dict[str, Extent]:
    sheets, relations = _Elements("sheet"), _Elements("Relationship")
    for part, elements in ((WORKBOOK, sheets), (RELATIONS, relations)):
        with archive.open(part) as file:
            elements.read(file)
    targets = {
        each.get("Id"): posixpath.normpath(posixpath.join("/xl", each.get("Target", ""))).lstrip("/")
        for each in relations.found
        if each.get("Type", "").endswith(SHEET_TYPES)
    }
    extents: dict[str, Extent] = {}
    for sheet in sheets.found:
        part = targets.get(sheet.get("id"), "")
        extent = Extent(sheet.get("name", ""), part=part)
        if part in parts:
            with archive.open(part) as file:
                _XlsxSheet(extent).read(file)
        extents[extent.name] = extent
    return extents


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Raise `TableTooLarge` if a part with cells or texts is too large once unpacked."""
    for part in archive.infolist():
        if part.file_size > MAX_PART_BYTES and part.filename.endswith((".xml", ".rels")):
            raise TableTooLarge(
                f"{part.filename} in the spreadsheet has {part.file_size:,} bytes unpacked; "
                f"at most {MAX_PART_BYTES:,} are read"
            )


def _count(written: str | None) -> int:
    return max(int(written), 1) if written is not None and written.isdecimal() and len(written) < 10 else 1
