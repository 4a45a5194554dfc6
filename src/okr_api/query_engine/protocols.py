"""Protocols by which modules of the query engine call those that import them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from .answer_size import SizeEstimate
from .field_sources import View
from .row_sets import Nodes, RowSet
from .selection import SelectedField, Selection
from .snapshot import Snapshot


class RowSetPlans(Protocol):
    """Planner, as the code generator calls it for the parts of a row set."""

    for_core: bool
    selection: Selection

    def view(self, type_name: str) -> View:
        """Return the view of the type of that name."""

    def fields(self, type_name: str, nodes: Nodes) -> list[SelectedField]:
        """Return the fields that the nodes select of an object type."""

    def row_set(self, type_name: str, nodes: Nodes, *, few: bool = False) -> RowSet:
        """Return the row set of what the nodes select of an object type."""


class RowLoader(Protocol):
    """Loader, as connections call it for the rows of their pages."""

    @property
    def planner(self) -> RowSetPlans:
        """Return the planner of the operation."""

    snapshot: Snapshot
    size: SizeEstimate
    arguments: Callable[[SelectedField], Mapping[str, Any]]

    async def complete(self, row_set: RowSet, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the objects of the rows, in their order."""

    async def load_given_rows(
        self, type_name: str, nodes: Nodes, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the objects of rows that were read before or are in no table."""

    async def by_key(self, type_name: str, nodes: Nodes, keys: Iterable[Any]) -> Mapping[Any, Any]:
        """Return the visible rows with those keys, loaded, by key."""
