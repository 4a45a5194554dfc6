"""Columns of exported tables: their types, and values of JSON as dates and instants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Row = Sequence[Any]


class ColumnType(StrEnum):
    """Type of the values of a column; lists are texts."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """Column of a table: its path in a node, with dots, and the type of its values."""

    name: str
    type: ColumnType

    @property
    def path(self) -> list[str]:
        """Return the names of the fields that lead to it."""
        return self.name.split(".")


def typed(value: Any, column: Column) -> Any:
    """Return a value of JSON as what the column holds: a day or an instant instead of a text."""
    if value is None:
        return None
    if column.type is ColumnType.DAY:
        return date.fromisoformat(value)
    if column.type is ColumnType.INSTANT:
        return datetime.fromisoformat(value)
    return value
