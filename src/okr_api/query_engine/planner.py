"""Query planner: plan the row set of what is selected of a type by code generation, once, and cache it."""

from collections.abc import Callable
from typing import Any

from .codegen import Mark, ObjectWriter
from .row_sets import Fold, RowSet
from .selection import Nodes, Selection

ROW_SET_BYTES, SOURCE_BYTES = 4_000, 12  # memory of a row set: fixed, and for each byte of its source


class Planner:
    """Planner of the row sets of one document's selection, each planned once.

    `for_core` plans for graphql-core, which completes what is loaded: objects then have their type's name
    under the key None, and nulls are left for graphql-core to check. With `mark`, it makes ids name
    what is read: see `marked_ids.py`.
    """

    def __init__(self, selection: Selection, *, for_core: bool, mark: Mark | None = None) -> None:
        self.selection = selection
        self.bytes = 0
        self.on_growth: Callable[[int], None] | None = None
        self.for_core, self.mark = for_core, mark
        self._marking: dict[Mark, Planner] = {}
        self._row_sets: dict[tuple[Any, ...], RowSet] = {}

    def marking(self, mark: Mark) -> "Planner":
        """Return the planner of the same selection whose ids are marked."""
        if mark not in self._marking:
            self._marking[mark] = Planner(self.selection, for_core=self.for_core, mark=mark)
            self._marking[mark].on_growth = self._grown
        return self._marking[mark]

    def _grown(self, _: int = 0) -> None:
        """Tell the memory that the row sets take, with those of the past."""
        if self.on_growth is not None:
            self.on_growth(self.bytes + sum(one.bytes for one in self._marking.values()))

    def row_set(self, type_name: str, nodes: Nodes, *, few: bool = False) -> RowSet:
        """Return the row set of what the nodes select of an object type, read from its table.

        With `few`, rows that refer to these are read with them.
        """
        key = (type_name, few, *map(id, nodes))
        found = self._row_sets.get(key)
        return self._keep(key, self._plan(type_name, nodes, few=few)) if found is None else found

    def given(self, type_name: str, nodes: Nodes) -> RowSet:
        """Return the row set for rows that are passed in, with their columns by name."""
        key = (type_name, None, *map(id, nodes))
        found = self._row_sets.get(key)
        return self._keep(key, self._plan(type_name, nodes, given=True)) if found is None else found

    def _plan(self, type_name: str, nodes: Nodes, *, few: bool = False, given: bool = False) -> RowSet:
        view = self.selection.view(type_name)
        writer = ObjectWriter(
            self.selection,
            view,
            few=few,
            given=given or view.table is None,
            for_core=self.for_core,
            mark=self.mark,
        )
        build, source = writer.compile(type_name, nodes)
        folded = {
            place: self.row_set(item.selected.type_name, item.selected.nodes)
            for place, item in enumerate(writer.items)
            if isinstance(item, Fold)
        }
        return RowSet(
            type_name=type_name,
            view=view,
            items=tuple(writer.items),
            folded=folded,
            joins=tuple(writer.joins),
            names=frozenset(writer.names),
            relations=tuple(writer.relations),
            build=build,
            source=source,
            sizes=writer.sizes,
        )

    def _keep(self, key: tuple[Any, ...], row_set: RowSet) -> RowSet:
        self._row_sets[key] = row_set
        self.bytes += ROW_SET_BYTES + SOURCE_BYTES * len(row_set.source)
        self._grown()
        return row_set

    def row_sets(self) -> list[RowSet]:
        """Return all row sets planned so far."""
        return list(self._row_sets.values())
