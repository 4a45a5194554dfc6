"""Rows that a transaction has saved, kept for the mutation payload."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from .time_slicing import MAX_BATCH_ROWS


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
