"""Read the extents of the sheets of an ODS file by streaming its XML."""

import itertools

from .error_values import is_error_text
from .sheet_extent import MAX_ERROR_CELLS, MAX_ERROR_CHARACTERS, Extent, XmlReader, count_of, local_name

CELLS = ("table-cell", "covered-table-cell")


class OdsSheets(XmlReader):
    """Reader of all sheets of an ODS file, which says how often cells are repeated and which are errors."""

    def __init__(self) -> None:
        super().__init__()
        self.extents: list[Extent] = []
        self.row, self.column, self.rows, self.columns = 0, 0, 0, 0
        self.is_error, self.text = False, ""
        self.depth = 0  # within a cell, whose own is 1
        self.parser.EndElementHandler = self._end

    def start(self, name: str, given: dict[str, str]) -> None:
        local = local_name(name)
        if local in CELLS:
            self._start_cell(given)
        elif self.depth:
            self.depth += 1
            if self.depth == 2:  # a comment has paragraphs too, which are deeper
                self.parser.CharacterDataHandler = self._add_text if local == "p" else None
        elif local == "table":
            self.extents.append(Extent(_by_local_name(given).get("name", "")))
            self.row, self.rows = 0, 0
        elif local == "table-row":
            self.row += self.rows
            self.column, self.rows = 0, count_of(_by_local_name(given).get("number-rows-repeated"))

    def _start_cell(self, given: dict[str, str]) -> None:
        is_error = any(each == "error" for key, each in given.items() if local_name(key) == "value-type")
        given = _by_local_name(given)
        self.is_error, self.text, self.depth = is_error, "", 1
        self.columns = count_of(given.get("number-columns-repeated"))
        if not self.extents:
            return
        if "value-type" in given:
            self.extents[-1].add(self.row, self.column)
            self.extents[-1].add(self.row + self.rows - 1, self.column + self.columns - 1)
        down, across = (count_of(given.get(f"number-{each}-spanned")) for each in ("rows", "columns"))
        if down > 1 or across > 1:
            last = self.row + max(down, self.rows) - 1, self.column + max(across, self.columns) - 1
            self.extents[-1].merged.append(((self.row, self.column), last))

    def _add_text(self, text: str) -> None:
        self.text = (self.text + text)[: MAX_ERROR_CHARACTERS + 1]

    def _end(self, name: str) -> None:
        if not self.depth:
            return
        self.depth -= 1
        if self.depth == 1:
            self.parser.CharacterDataHandler = None
            self._add_text("\n")
        if self.depth:
            return
        if self.extents and (self.is_error or is_error_text(self.text)):
            places = itertools.product(range(self.rows), range(self.columns))
            for row, column in itertools.islice(places, MAX_ERROR_CELLS):
                self.extents[-1].add_error((self.row + row, self.column + column), self.text)
        self.column += self.columns


def _by_local_name(given: dict[str, str]) -> dict[str, str]:
    return {local_name(key): each for key, each in given.items()}
