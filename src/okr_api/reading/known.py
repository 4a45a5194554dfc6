"""Known rows: what a mutation has just written need not be read again to be answered."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from .ids import as_read

TYPES = {"objective": "Objective", "key_result": "KeyResult", "check_in": "CheckIn"}
Rows = Mapping[str, Mapping[UUID, Mapping[str, Any]]]


class Written(Mapping[str, Mapping[str, Any]]):
    """The rows of one table by the digits of their ids, as far as the asker may see them."""

    def __init__(self, rows: Rows, table: str, *, sees_drafts: bool) -> None:
        self._rows = rows
        self._table = table
        self._sees_drafts = sees_drafts

    def __getitem__(self, digits: str) -> Mapping[str, Any]:
        row = self._rows[self._table][UUID(digits)]
        if not self._sees_drafts and not self._is_seen(self._table, row):
            raise KeyError(digits)
        return as_read(row)

    def __iter__(self) -> Iterator[str]:
        return (id.hex for id in self._rows[self._table])

    def __len__(self) -> int:
        return len(self._rows[self._table])

    def _is_seen(self, table: str, row: Mapping[str, Any]) -> bool:
        """Whether the objective that it belongs to is at hand and no draft; else the database is asked."""
        if table == "objective":
            return bool(row["state"] != "DRAFT")
        above, column = {
            "check_in": ("key_result", "key_result_id"),
            "key_result": ("objective", "objective_id"),
        }[table]
        holder = self._rows.get(above, {}).get(row[column])
        return holder is not None and self._is_seen(above, holder)


def written(rows: Rows, *, sees_drafts: bool) -> dict[str, Written]:
    """Rows as they were saved, by table and id, for a loader."""
    return {TYPES[table]: Written(rows, table, sees_drafts=sees_drafts) for table in rows if table in TYPES}
