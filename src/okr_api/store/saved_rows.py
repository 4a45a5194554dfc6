"""Rows that a transaction has saved, kept so that the mutation's payload need not read them again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from okr_api.okr.entities import ENTITIES
from okr_api.okr.visibility import Visibility

from .hidden_rows import is_unpublished
from .time_slicing import MAX_BATCH_ROWS

TYPES = {entity.table: entity.type_name for entity in ENTITIES}
ABOVE = {
    "check_in": {"key_result_id": "key_result", "objective_id": "objective"},
    "key_result": {"objective_id": "objective"},
}
Rows = Mapping[str, Mapping[UUID, Mapping[str, Any]]]


class SavedRows(Mapping[UUID, dict[str, Any]]):
    """Saved rows of definitions with their numbers, by id; each is built on first access."""

    def __init__(self, row_of: Callable[[Any, Any], dict[str, Any]]) -> None:
        self._row_of = row_of
        self._saved: dict[UUID, tuple[Any, Any]] = {}
        self._made: dict[UUID, dict[str, Any]] = {}

    def add(
        self, ids: Iterable[UUID], definitions: Mapping[UUID, Any], standings: Mapping[UUID, Any]
    ) -> None:
        """Keep the immutable objects that the rows are built from; only the first where they are many."""
        if len(self._saved) < MAX_BATCH_ROWS:
            self._saved.update({id: (definitions[id], standings[id]) for id in ids})

    def redefine(self, id: UUID, definition: Any) -> None:
        """Replace the definition of a saved row, if it is kept: a later statement has changed it."""
        if id in self._saved:
            self._saved[id] = (definition, self._saved[id][1])
            self._made.pop(id, None)

    def __getitem__(self, id: UUID) -> dict[str, Any]:
        row = self._made.get(id)
        if row is None:
            row = self._made[id] = self._row_of(*self._saved[id])
        return row

    def get(self, id: UUID, default: Any = None) -> Any:
        """Return the row of the id; `default` if it was not saved."""
        return self[id] if id in self._saved else default

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._saved)

    def __len__(self) -> int:
        return len(self._saved)


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
        return as_read(row, columns)

    def _is_seen(self, table: str, row: Mapping[str, Any]) -> bool:
        """Return whether the row's objective is at hand and visible; if not, the row has to be read."""
        if table == "objective":
            return (self._visibility.drafts or not is_unpublished(row)) and self._visibility.includes(
                row["viewer_ids"]
            )
        for column, above in ABOVE[table].items():
            if row[column] is not None:
                holder = self._rows.get(above, {}).get(row[column])
                return holder is not None and self._is_seen(above, holder)
        return False


Known = Mapping[str, WrittenRows]


def written_rows(rows: Rows, visibility: Visibility) -> Known:
    """Return rows as they were saved, by table and id, in the form that a loader takes."""
    return {TYPES[table]: WrittenRows(rows, table, visibility) for table in rows}


def as_read(row: Mapping[str, Any], columns: Iterable[str] | None = None) -> dict[str, Any]:
    """Return columns of a row, by default all, as the read pool's connections would: ids as hex digits."""
    return {column: _value_as_read(row[column]) for column in (row if columns is None else columns)}


def _value_as_read(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, list | tuple):
        return [one.hex if isinstance(one, UUID) else one for one in value]
    return value
