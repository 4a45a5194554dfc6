"""Known rows: what a mutation has just written need not be read again to be answered."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from okr_api.store.unpublished import is_unpublished

from .global_ids import as_read

TYPES = {"objective": "Objective", "key_result": "KeyResult", "check_in": "CheckIn"}
ABOVE = {"check_in": ("key_result", "key_result_id"), "key_result": ("objective", "objective_id")}
Rows = Mapping[str, Mapping[UUID, Mapping[str, Any]]]


class WrittenRows:
    """The rows of one table by the digits of their ids, as far as the asker may see them."""

    def __init__(self, rows: Rows, table: str, *, sees_drafts: bool) -> None:
        self._rows = rows
        self._table = table
        self._sees_drafts = sees_drafts

    def get(self, digits: str, columns: frozenset[str]) -> Mapping[str, Any] | None:
        """Those columns of a row; None where not all of them are at hand, or the row may be hidden."""
        row = self._rows[self._table].get(UUID(bytes=bytes.fromhex(digits)))
        if row is None or not columns <= row.keys():
            return None
        if not self._sees_drafts and not self._is_seen(self._table, row):
            return None
        return as_read({column: row[column] for column in columns})

    def _is_seen(self, table: str, row: Mapping[str, Any]) -> bool:
        """Whether the objective that it belongs to is at hand and published; else the database is asked."""
        if table == "objective":
            return not is_unpublished(row)
        above, column = ABOVE[table]
        holder = self._rows.get(above, {}).get(row[column])
        return holder is not None and self._is_seen(above, holder)


Known = Mapping[str, WrittenRows]


def written_rows(rows: Rows, *, sees_drafts: bool) -> Known:
    """Rows as they were saved, by table and id, for a loader."""
    return {TYPES[table]: WrittenRows(rows, table, sees_drafts=sees_drafts) for table in rows}
