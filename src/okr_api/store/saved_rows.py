"""Rows as a transaction has saved them, kept for the payload of a mutation."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from .time_slicing import MAX_BATCH_ROWS


class SavedRows(Mapping[UUID, dict[str, Any]]):
    """Rows of definitions with their numbers as they were saved, made when somebody wants to see them."""

    def __init__(self, row_of: Callable[[Any, Any], dict[str, Any]]) -> None:
        self._row_of = row_of
        self._saved: dict[UUID, tuple[Any, Any]] = {}

    def add(
        self, ids: Iterable[UUID], definitions: Mapping[UUID, Any], standings: Mapping[UUID, Any]
    ) -> None:
        """Keep what the rows are made of, which will not change; where they are many, only the first."""
        if len(self._saved) < MAX_BATCH_ROWS:
            self._saved.update({id: (definitions[id], standings[id]) for id in ids})

    def __getitem__(self, id: UUID) -> dict[str, Any]:
        return self._row_of(*self._saved[id])

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._saved)

    def __len__(self) -> int:
        return len(self._saved)
