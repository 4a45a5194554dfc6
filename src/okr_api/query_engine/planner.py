"""Planning: the streams of a document's selection, each made when it is first needed, and kept."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import FieldNode

from .field_sources import View
from .object_codegen import build_row_set
from .row_sets import RowSet, view_of
from .selection import SelectedField, Selection

Nodes = Sequence[FieldNode]
STREAM_BYTES, SOURCE_BYTES = 4_000, 12  # a stream in memory: in any case, and for each byte of its source


class Planner:
    """Makes the streams of one document's selection, each once.

    `for_core` plans for graphql-core, which completes what is loaded: objects then carry their type's
    name under None, and nulls are left for it to judge.
    """

    def __init__(self, selection: Selection, *, for_core: bool) -> None:
        self.selection = selection
        self.bytes = 0
        self.on_growth: Callable[[int], None] | None = None
        self.for_core = for_core
        self._streams: dict[tuple[Any, ...], RowSet] = {}
        self._fields: dict[tuple[str, tuple[int, ...]], list[SelectedField]] = {}

    def stream(self, type_name: str, nodes: Nodes, *, few: bool = False) -> RowSet:
        """The plan of what the nodes select of an object type's rows in its table.

        With `few`, rows that point at these are read with them.
        """
        key = (type_name, few, *map(id, nodes))
        found = self._streams.get(key)
        if found is None:
            found = self._keep(key, build_row_set(self, type_name, nodes, few=few))
        return found

    def given(self, type_name: str, nodes: Nodes) -> RowSet:
        """The same for rows that are handed over, their columns by name."""
        key = (type_name, None, *map(id, nodes))
        found = self._streams.get(key)
        if found is None:
            found = self._keep(key, build_row_set(self, type_name, nodes, given=True))
        return found

    def _keep(self, key: tuple[Any, ...], stream: RowSet) -> RowSet:
        self._streams[key] = stream
        self.bytes += STREAM_BYTES + SOURCE_BYTES * len(stream.source)
        if self.on_growth is not None:
            self.on_growth(self.bytes)
        return stream

    def fields(self, type_name: str, nodes: Nodes) -> list[SelectedField]:
        """The fields that the nodes select of an object type."""
        key = (type_name, tuple(map(id, nodes)))
        found = self._fields.get(key)
        if found is None:
            found = self._fields[key] = self.selection.fields(type_name, nodes)
        return found

    def view(self, type_name: str) -> View:
        """What the type of that name is a view of."""
        return view_of(self.selection.object_type(type_name))

    def streams(self) -> list[RowSet]:
        """All that have been made."""
        return list(self._streams.values())
