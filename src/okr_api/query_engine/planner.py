"""Query planner: the row sets of a document's selection, each planned on first use and cached."""

from collections.abc import Callable
from typing import Any

from .field_sources import View
from .object_codegen import build_row_set
from .row_sets import Nodes, RowSet, view_of
from .selection import SelectedField, Selection

ROW_SET_BYTES, SOURCE_BYTES = 4_000, 12  # memory of a row set: fixed, and for each byte of its source


class Planner:
    """Planner of the row sets of one document's selection, each planned once.

    `for_core` plans for graphql-core, which completes what is loaded: objects then have their type's name
    under the key None, and nulls are left for graphql-core to check.
    """

    def __init__(self, selection: Selection, *, for_core: bool) -> None:
        self.selection = selection
        self.bytes = 0
        self.on_growth: Callable[[int], None] | None = None
        self.for_core = for_core
        self._streams: dict[tuple[Any, ...], RowSet] = {}
        self._fields: dict[tuple[str, tuple[int, ...]], list[SelectedField]] = {}

    def row_set(self, type_name: str, nodes: Nodes, *, few: bool = False) -> RowSet:
        """Return the row set of what the nodes select of an object type, read from its table.

        With `few`, rows that refer to these are read with them.
        """
        key = (type_name, few, *map(id, nodes))
        found = self._streams.get(key)
        if found is None:
            found = self._keep(key, build_row_set(self, type_name, nodes, few=few))
        return found

    def given(self, type_name: str, nodes: Nodes) -> RowSet:
        """Return the row set for rows that are passed in, with their columns by name."""
        key = (type_name, None, *map(id, nodes))
        found = self._streams.get(key)
        if found is None:
            found = self._keep(key, build_row_set(self, type_name, nodes, given=True))
        return found

    def _keep(self, key: tuple[Any, ...], row_set: RowSet) -> RowSet:
        self._streams[key] = row_set
        self.bytes += ROW_SET_BYTES + SOURCE_BYTES * len(row_set.source)
        if self.on_growth is not None:
            self.on_growth(self.bytes)
        return row_set

    def fields(self, type_name: str, nodes: Nodes) -> list[SelectedField]:
        """Return the fields that the nodes select of an object type."""
        key = (type_name, tuple(map(id, nodes)))
        found = self._fields.get(key)
        if found is None:
            found = self._fields[key] = self.selection.fields(type_name, nodes)
        return found

    def view(self, type_name: str) -> View:
        """Return the view of the type of that name."""
        return view_of(self.selection.object_type(type_name))

    def row_sets(self) -> list[RowSet]:
        """Return all row sets planned so far."""
        return list(self._streams.values())
