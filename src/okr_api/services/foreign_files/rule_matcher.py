"""`RuleMatcher`: the rules of a mapping whose conditions a record fulfils."""

from collections.abc import Iterator, Mapping

from okr_api.services.import_export.errors import RowIsUnclear
from okr_api.services.import_export.json_values import shown

from .mapping_file import Mapping as MappingFile
from .mapping_rules import Rule
from .record_reader import MAX_REPEATED_COLUMNS, REPEATED, RecordReader
from .source_table import CellError, Record, Value, as_text, column_key


class RuleMatcher:
    """Matcher of records and rules; `names` are the columns of the table by their keys."""

    def __init__(self, mapping: MappingFile, names: Mapping[str, str], decimal: str | None) -> None:
        self.mapping = mapping
        self.names = names
        self.decimal = decimal

    def fitting(self, record: Record) -> tuple[list[tuple[Rule, RecordReader]], set[str]]:
        """Return the rules that fit a record, each with a reader, and the columns that the others read.

        A record with a problem, such as an error value in a condition, is rejected once, by the first rule.
        """
        fitting: list[tuple[Rule, RecordReader]] = []
        used = set[str]()
        try:
            for rule in self.mapping.rules if record.problem is None else ():
                for reader in self._readers(rule, record):
                    if reader.holds(rule.when):
                        fitting.append((rule, reader))
                    else:
                        used |= reader.used
        except RowIsUnclear as refusal:
            record.problem = refusal.message
        if record.problem is not None:
            fitting = [(self.mapping.rules[0], self._reader(record))]
        return fitting, used

    def conditions_of(self, record: Record) -> str:
        """Return the cells of a record that conditions read, for a message."""
        columns = sorted({each.column for rule in self.mapping.rules for each in rule.when})
        return ", ".join(f"{each} is {_said(record.cells.get(column_key(each)))}" for each in columns)

    def _readers(self, rule: Rule, record: Record) -> Iterator[RecordReader]:
        """Yield a reader of the record, one for each set of repeated columns that is filled."""
        if not rule.repeat:
            yield self._reader(record)
            return
        repeated = [each for each in rule.columns if REPEATED in each]
        for number in range(1, MAX_REPEATED_COLUMNS + 1):
            if any(column_key(each.replace(REPEATED, str(number))) in record.cells for each in repeated):
                yield self._reader(record, number)

    def _reader(self, record: Record, repeat: int | None = None) -> RecordReader:
        return RecordReader(
            record.cells, self.names, decimal=self.decimal, dates=self.mapping.dates, repeat=repeat
        )


def _said(value: Value | None) -> str:
    """Return a cell as a message says it."""
    if value is None:
        return "empty"
    return str(value) if isinstance(value, CellError) else shown(as_text(value))
