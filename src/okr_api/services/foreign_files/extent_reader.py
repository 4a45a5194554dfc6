"""Check the extent of the sheets in XLSX and ODS files before they are read."""

import io
import lzma
import zipfile
import zlib
from xml.parsers import expat

from .errors import ColumnsDiffer, TableTooLarge
from .ods_extents import OdsSheets
from .sheet_extent import Extent
from .xlsx_extents import RELATIONS, WORKBOOK, xlsx_extents

MAX_PART_BYTES = 67_108_864  # of the XML of a sheet, or of the texts of all
CONTENT = "content.xml"
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, expat.ExpatError,
    NotImplementedError, RuntimeError, EOFError, OSError, ValueError,  # zipfile raises these too
)  # fmt: skip


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
                return xlsx_extents(archive, parts)
            if CONTENT in parts:
                sheets = OdsSheets()
                with archive.open(CONTENT) as file:
                    sheets.read(file)
                return {each.name: each for each in sheets.extents}
    except BROKEN as problem:
        raise ColumnsDiffer(f"The spreadsheet cannot be read: {problem}") from None
    raise ColumnsDiffer("The file is no spreadsheet that can be read: XLSX, XLS and ODS are")


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Raise `TableTooLarge` if a part with cells or texts is too large once unpacked."""
    for part in archive.infolist():
        if part.file_size > MAX_PART_BYTES and part.filename.endswith((".xml", ".rels")):
            raise TableTooLarge(
                f"{part.filename} in the spreadsheet has {part.file_size:,} bytes unpacked; "
                f"at most {MAX_PART_BYTES:,} are read"
            )
