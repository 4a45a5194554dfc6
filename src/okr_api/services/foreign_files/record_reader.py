"""`RecordReader`: the values that a rule's sources give for one record; notes which columns were read."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from okr_api.services.import_export.errors import RowIsUnclear
from okr_api.services.import_export.json_values import shown

from .cell_parsers import parse_day, parse_list, parse_number
from .mapping_rules import Cell, Condition
from .source_table import Value, as_text, column_key, joined, valid

JOINED = " / "
REPEATED = "{n}"
MAX_REPEATED_COLUMNS = 50
column_key_of = lru_cache(maxsize=4_096)(column_key)


@lru_cache(maxsize=1_024)
def _table(values: tuple[tuple[str, str | None], ...]) -> Mapping[str, str | None]:
    return {column_key(said): becomes for said, becomes in values}


class RecordReader:
    """Reader of one record's cells by the sources of a mapping; `used` are the columns that were read.

    `repeat` replaces `{n}` in the names of columns.
    """

    def __init__(
        self,
        cells: Mapping[str, Value],
        names: Mapping[str, str],
        *,
        decimal: str | None = ".",
        dates: Sequence[str] = (),
        repeat: int | None = None,
    ) -> None:
        self.cells = cells
        self.names = names
        self.decimal = decimal
        self.dates = tuple(dates)
        self.repeat = repeat
        self.used: set[str] = set()

    def key(self, column: str) -> str:
        """Return the key of a column of the mapping."""
        if self.repeat is not None:
            column = column.replace(REPEATED, str(self.repeat))
        return column_key_of(column)

    def name(self, source: Cell) -> str:
        """Return how messages call the source: by its columns as the file spells them."""
        named = [self.names.get(self.key(each), each) for each in source.columns]
        return " or ".join(named) or "a value of the mapping"

    def holds(self, conditions: Sequence[Condition]) -> bool:
        """Return whether the record fulfils all conditions.

        Raises:
            RowIsUnclear: the cell of one has an error value.
        """
        return all(self._holds(each) for each in conditions)

    def _holds(self, condition: Condition) -> bool:
        key = self.key(condition.column)
        self.used.add(key)
        value = valid(self.cells[key]) if key in self.cells else None
        if condition.filled is not None:
            return (value is not None) == condition.filled
        said = "" if value is None else column_key_of(as_text(value))
        return said in {column_key_of(each) for each in condition.is_in or ()}

    def value(self, source: Cell | None) -> Value | None:
        """Return the raw value of a source, or None; `values` is not applied.

        Raises:
            RowIsUnclear: a cell has an error value.
        """
        if source is None:
            return None
        keys = [self.key(each) for each in source.columns]
        self.used.update(keys)
        if source.value is not None:
            return source.value
        found = [self.cells[key] for key in keys if key in self.cells]
        if not found:
            return None
        return valid(joined(found, JOINED) if source.join else found[0])

    def text(self, source: Cell | None) -> str | None:
        """Return a text, translated by `values`; a list is joined.

        Raises:
            RowIsUnclear: `values` does not have it.
        """
        value = self.value(source)
        if value is None or source is None:
            return None
        text = ", ".join(value) if isinstance(value, list) else as_text(value)
        return self._translated(source, text)

    def _translated(self, source: Cell, text: str) -> str | None:
        if source.values is None:
            return text
        table = _table(tuple(source.values.items()))
        key = column_key(text)
        if key in table:
            return table[key]
        if source.unknown_values == "leave_out":
            return None
        allowed = ", ".join(source.values)
        raise RowIsUnclear(f"{self.name(source)} is {shown(text)}; the mapping has {allowed}")

    def required(self, source: Cell) -> str:
        """Return a text that must be there.

        Raises:
            RowIsUnclear: the cell is empty.
        """
        found = self.text(source)
        if found is None:
            raise RowIsUnclear(f"{self.name(source)} is empty")
        return found

    def texts(self, source: Cell | None) -> list[str]:
        """Return the texts of a cell with several, each translated by `values`."""
        value = self.value(source)
        if value is None or source is None:
            return []
        found = (self._translated(source, each) for each in parse_list(value, source.split))
        return [each for each in found if each is not None]

    def number(self, source: Cell | None) -> tuple[float | None, str | None]:
        """Return a number and its unit.

        Raises:
            RowIsUnclear: the cell is none.
        """
        value = self.value(source)
        if value is None or source is None:
            return None, None
        if source.values is not None:
            translated = self._translated(source, as_text(value))
            if translated is None:
                return None, None
            value = translated
        return parse_number(value, self.name(source), self.decimal)

    def day(self, source: Cell | None) -> date | None:
        """Return a day.

        Raises:
            RowIsUnclear: the cell is none.
        """
        value = self.value(source)
        return None if value is None or source is None else parse_day(value, self.name(source), self.dates)
