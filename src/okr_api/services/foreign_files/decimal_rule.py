"""Infer from the numbers of a table whether they have decimal commas or decimal points."""

from collections.abc import Iterable, Sequence

from .cell_parsers import decimal_sign
from .mapping_rules import KeyResultRule, ObjectiveRule, Rule
from .record_reader import MAX_REPEATED_COLUMNS, REPEATED
from .source_table import Record, column_key

NUMBERS: dict[type[Rule], tuple[str, ...]] = {
    ObjectiveRule: ("weight", "published_score"),
    KeyResultRule: ("start", "target", "current", "weight", "published_score"),
}


def infer_decimal(rules: Iterable[Rule], records: Sequence[Record]) -> str | None:
    """Return the decimal sign that the numbers of all records have, a point if it is open.

    `1,250` could be either, so that one number such as `0,5` decides for it. None if some have a comma
    and some a point.
    """
    keys = {key for rule in rules for key in _number_keys(rule)}
    found = {
        sign
        for record in records
        for key in keys & record.cells.keys()
        if (sign := decimal_sign(record.cells[key])) is not None
    }
    return found.pop() if len(found) == 1 else None if found else "."


def _number_keys(rule: Rule) -> Iterable[str]:
    """Yield the keys of the columns that a rule reads as numbers."""
    named = NUMBERS.get(type(rule), ())
    for column in (each for name, source in rule.sources() if name in named for each in source.columns):
        if REPEATED not in column:
            yield column_key(column)
            continue
        for number in range(1, MAX_REPEATED_COLUMNS + 1):
            yield column_key(column.replace(REPEATED, str(number)))
