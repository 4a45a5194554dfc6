"""Rows that a mutation has just written, which need not be read again for its response."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from okr_api.okr.entities import ENTITIES
from okr_api.okr.visibility import Visibility
from okr_api.store.unpublished import is_unpublished

from .global_ids import as_read

TYPES = {entity.table: entity.type_name for entity in ENTITIES}
ABOVE = {"check_in": ("key_result", "key_result_id"), "key_result": ("objective", "objective_id")}
Rows = Mapping[str, Mapping[UUID, Mapping[str, Any]]]


class WrittenRows:
    """The written rows of one table by id as hex digits, as far as the actor may see them."""

    def __init__(self, rows: Rows, table: str, visibility: Visibility) -> None:
        self._rows = rows
        self._table = table
        self._visibility = visibility

    def get(self, digits: str, columns: frozenset[str]) -> Mapping[str, Any] | None:
        """Return those columns of a row; None if any of them is missing or the row may be hidden."""
        row = self._rows[self._table].get(UUID(bytes=bytes.fromhex(digits)))
        if row is None or not columns <= row.keys():
            return None
        if not self._visibility.is_everything and not self._is_seen(self._table, row):
            return None
        return as_read({column: row[column] for column in columns})

    def _is_seen(self, table: str, row: Mapping[str, Any]) -> bool:
        """Return whether the row's objective is at hand and published; if not, the row has to be read."""
        if table == "objective":
            return not is_unpublished(row)
        above, column = ABOVE[table]
        holder = self._rows.get(above, {}).get(row[column])
        return holder is not None and self._is_seen(above, holder)


Known = Mapping[str, WrittenRows]


def written_rows(rows: Rows, visibility: Visibility) -> Known:
    """Return rows as they were saved, by table and id, in the form that a loader takes."""
    return {TYPES[table]: WrittenRows(rows, table, visibility) for table in rows}
