"""Read the extents of the sheets of an XLSX file by streaming its XML."""

import posixpath
import re
import zipfile

from .cell_names import column_of
from .error_values import CALAMINE_ERRORS
from .sheet_extent import MAX_ERROR_CHARACTERS, Extent, XmlReader, count_of, local_name

REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET_TYPES = ("/worksheet", "/chartsheet", "/dialogsheet", "/macrosheet")


class _Elements(XmlReader):
    """Collector of the attributes of all elements with a name, such as those of `sheet`."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.found: list[dict[str, str]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if local_name(name) == self.wanted:
            self.found.append({local_name(key): each for key, each in given.items()})


class _XlsxSheet(XmlReader):
    """Reader of a sheet of an XLSX file. A cell that only has a format is not filled."""

    def __init__(self, extent: Extent) -> None:
        super().__init__()
        self.extent = extent
        self.row, self.column = -1, -1
        self.is_error, self.text, self.begins = False, "", -1

    def start(self, name: str, given: dict[str, str]) -> None:
        name = local_name(name)
        if name == "row":
            self.row = count_of(given["r"]) - 1 if "r" in given else self.row + 1
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
                self.parser.StartCdataSectionHandler = self._begin
                self.parser.CharacterDataHandler = self._add_text
                self.parser.EndElementHandler = self._end_error

    def _end_error(self, _: str) -> None:
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        self.parser.StartCdataSectionHandler = None
        self.extent.add_error((self.row, self.column), self.text)
        ends = self.parser.CurrentByteIndex
        is_plain = ends - self.begins == len(self.text)  # without a comment or a CDATA section in it
        if self.begins >= 0 and not (is_plain and self.text in CALAMINE_ERRORS):
            self.extent.unknown.extend((self.begins, ends))

    def _begin(self) -> None:
        """Take the begin of a text, which is that of its CDATA section if it is in one."""
        if self.begins < 0:
            self.begins = self.parser.CurrentByteIndex

    def _add_text(self, text: str) -> None:
        self._begin()
        self.text = (self.text + text)[: MAX_ERROR_CHARACTERS + 1]


def xlsx_extents(archive: zipfile.ZipFile, parts: set[str]) -> dict[str, Extent]:
    """Return the extents of the sheets of an XLSX file by their names; `parts` are the names of its parts."""
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
