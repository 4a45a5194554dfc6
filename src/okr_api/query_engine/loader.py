"""Loader: load rows by key and relations of all rows at once as objects; `connections.py` adds the pages."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from okr_api.store.saved_rows import Known
from okr_api.store.time_slicing import MAX_BATCH_ROWS, TimeSlice, collect

from .answer_size import SizeEstimate
from .field_sources import Batched, Documents, Gathered, Listed, Many, One, OneOf, Page
from .planner import Planner
from .row_sets import Found, Relation, RowSet, called
from .selection import Nodes, SelectedField
from .snapshot import Snapshot
from .sql_builder import IDS, ROW, SelectStatement, fetch_by_column, fetch_by_keys, fetch_by_parameter

MAX_JOINED_ROWS = 10  # most rows that are read together with rows that refer to them
KEY = itemgetter(0)  # the first column of a row
MAX_DATED_PARENTS = 50  # of a statement that does so: a usual page has so many, each with a few rows
MAX_DATED_ROWS = 100  # rows of a statement that selects the feed's position with each row
Arguments = Callable[[SelectedField], Mapping[str, Any]]


class Loader(ABC):
    """Loader of what one operation selects, within one snapshot; `ConnectionLoader` adds pages to it.

    A loaded object is a dict by response key. `known` are rows, by type, that need not be read because a
    mutation has just written them. `within` gives, by type, a column and the value that it has in all rows
    that will be looked up in great number: reading all of those costs less than naming each.
    """

    def __init__(
        self, snapshot: Snapshot, planner: Planner, arguments: Arguments, known: Known | None = None
    ) -> None:
        self.snapshot, self.planner = snapshot, planner
        self.arguments = arguments
        self.known = known or {}
        self.within: dict[str, tuple[str, Any]] = {}
        self.size = SizeEstimate(snapshot.budget)

    async def complete(self, row_set: RowSet, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the objects of the rows, in their order."""
        if not rows:
            return []
        size, uses = self.size, self.size.uses
        size.count_rows(row_set.sizes, rows)
        found = []
        for relation in row_set.relations:
            if len(rows) > MAX_BATCH_ROWS:
                await asyncio.sleep(0)
            found.append(await self._found(relation, rows))
            size.uses = uses
        if len(rows) <= MAX_BATCH_ROWS:
            return row_set.build(rows, self.snapshot.now, found)
        objects, time_slice = list[dict[str, Any]](), TimeSlice()
        for begin in range(0, len(rows), MAX_BATCH_ROWS):
            objects += row_set.build(rows[begin : begin + MAX_BATCH_ROWS], self.snapshot.now, found)
            await time_slice.pause()
        await asyncio.sleep(0)  # the caller takes as long to assign them
        return objects

    async def given_rows(
        self, type_name: str, nodes: Nodes, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the objects of rows, with columns by name, that were read before or are in no table."""
        return await self.complete(self.planner.given(type_name, nodes), rows)

    async def fetch(self, row_set: RowSet, statement: SelectStatement) -> list[dict[str, Any]]:
        """Return the objects of the rows that the statement finds."""
        dated = self.snapshot.dated
        rows = await self.snapshot.fetch(statement.text(dated=dated), *statement.parameters, dated=dated)
        return await self.complete(row_set, rows)

    # ── By key ──

    async def by_key(self, type_name: str, nodes: Nodes, keys: Iterable[Any]) -> Mapping[Any, Any]:
        """Return the visible rows with those keys, loaded, by key."""
        selected = [key for key in keys if key is not None]
        if not selected:
            return {}
        wanted = list(dict.fromkeys(selected))
        self.size.share(len(selected), len(wanted))
        if type_name in self.known:
            return await self._partly_known(type_name, nodes, wanted)
        return await self._keyed(type_name, nodes, wanted)

    async def one(self, type_name: str, nodes: Nodes, key: Any) -> Any:
        """Return the visible row with that key, loaded, or None."""
        if type_name in self.known:
            return (await self.by_key(type_name, nodes, [key])).get(key)
        row_set = self.planner.row_set(type_name, nodes, few=True)
        rows = await fetch_by_keys(self.snapshot, row_set, [key], dated=self.snapshot.dated)
        return (await self.complete(row_set, rows))[0] if rows else None

    async def _partly_known(self, type_name: str, nodes: Nodes, wanted: list[Any]) -> Mapping[Any, Any]:
        """Return the rows by key; those that are known with all selected columns are not read."""
        known, row_set = self.known[type_name], self.planner.given(type_name, nodes)
        rows = {key: row for key in wanted if (row := known.get(key, row_set.names)) is not None}
        found = dict(zip(rows, await self.complete(row_set, list(rows.values())), strict=True))
        others = [key for key in wanted if key not in rows]
        return {**found, **await self._keyed(type_name, nodes, others)} if others else found

    async def _keyed(self, type_name: str, nodes: Nodes, wanted: list[Any]) -> Mapping[Any, Any]:
        row_set = self.planner.row_set(type_name, nodes, few=len(wanted) <= MAX_JOINED_ROWS)
        if len(wanted) > MAX_DATED_ROWS and type_name in self.within:
            return await self._within(row_set, *self.within[type_name], wanted)
        return await self._named(row_set, wanted)

    async def _named(self, row_set: RowSet, wanted: list[Any]) -> dict[Any, Any]:
        dated = self.snapshot.dated and len(wanted) <= MAX_DATED_ROWS
        rows = await fetch_by_keys(self.snapshot, row_set, wanted, dated=dated)
        return dict(zip(map(KEY, rows), await self.complete(row_set, rows), strict=True))

    async def _within(self, row_set: RowSet, column: str, value: Any, wanted: list[Any]) -> dict[Any, Any]:
        """Return the wanted rows: read all that have the value in the column, then the others by key."""
        rows = await fetch_by_column(self.snapshot, row_set, column, value)
        if len(rows) > len(wanted):  # others have the value as well
            named = set(wanted)
            rows = [row for row in rows if row[0] in named]
        found = dict(zip(map(KEY, rows), await self.complete(row_set, rows), strict=True))
        others = [key for key in wanted if key not in found]
        return {**found, **await self._named(row_set, others)} if others else found

    async def one_of(
        self, nodes: Nodes, named: Iterable[tuple[str, Any] | None]
    ) -> Mapping[tuple[str, Any] | None, Any]:
        """Return the visible rows that (type, key) pairs name, loaded as selected of their types; by pair."""
        wanted: dict[str, list[Any]] = {}
        for one in named:
            if one is not None:
                wanted.setdefault(one[0], []).append(one[1])
        found: dict[tuple[str, Any] | None, Any] = {}
        uses = self.size.uses
        for type_name in sorted(wanted):
            self.size.uses = uses
            for key, loaded in (await self.by_key(type_name, nodes, wanted[type_name])).items():
                found[(type_name, key)] = loaded
        return found

    # ── Relations ──

    @abstractmethod
    async def nested_pages(
        self, selected: SelectedField, page: Page, parents: Sequence[Any]
    ) -> Mapping[Any, dict[str, Any]]:
        """Return each parent's page as a field's arguments request it, by parent."""

    async def _found(self, relation: Relation, rows: Sequence[Any]) -> Any:
        """Return the values of a relation for all rows, as the generated function expects them."""
        selected, kind, take, present = relation.selected, relation.kind, relation.take, relation.present
        rows = rows if present is None else [row for row in rows if present(row) is not None]
        match kind:
            case One():
                return Found(await self.by_key(selected.type_name, selected.nodes, map(take, rows)))
            case OneOf(function, needs):
                return await self.one_of(selected.nodes, called(function, needs, take, rows))
            case Listed():
                arrays = list(map(take, rows))
                self.size.spread_lists(arrays)
                return await self.by_key(selected.type_name, selected.nodes, chain.from_iterable(arrays))
            case Documents(function, needs):
                return iter(await self._documents(relation, list(called(function, needs, take, rows))))
            case Many() if relation.folded:
                return await self._unfolded(relation, [take(row) for row in rows])
            case Many():
                return await self._many(relation, kind, list(map(take, rows)))
            case Page():
                return await self.nested_pages(selected, kind, list(map(take, rows)))
            case Batched(load):
                return iter(await load(self.snapshot, list(map(take, rows))))
            case Gathered(load):
                keys = list(map(take, rows))
                self.size.share(len(keys), len(set(keys)))
                given = self.arguments(selected) if kind.takes_arguments else {}
                return await self._gathered(relation, await load(self.snapshot, keys, **given))
        raise AssertionError(f"{kind} is no relation")

    async def _documents(self, relation: Relation, documents: Sequence[Any]) -> list[Any]:
        """Return documents as objects of the field's type; each may be a list, a single one or None."""
        if len(documents) == 1 and isinstance(documents[0], list):
            [rows] = documents
        else:
            each = (one if isinstance(one, Sequence) else [one] for one in documents)
            rows = await collect(document for some in each for document in some if document is not None)
        longest = max([len(one) for one in documents if isinstance(one, Sequence)], default=1)
        self.size.spread(longest, len(rows))
        loaded = iter(await self.given_rows(relation.selected.type_name, relation.selected.nodes, rows))
        return [
            list(islice(loaded, len(one)))
            if isinstance(one, Sequence)
            else None
            if one is None
            else next(loaded)
            for one in documents
        ]

    async def _gathered(self, relation: Relation, found: Mapping[Any, Any]) -> Mapping[Any, Any]:
        if relation.selected.nodes[0].selection_set is None:
            return found
        return dict(zip(found, await self._documents(relation, list(found.values())), strict=True))

    async def _unfolded(self, relation: Relation, arrays: Sequence[Sequence[Any]]) -> Any:
        """Return the objects of the rows that were read as an array with each row."""
        row_set = self.planner.row_set(relation.selected.type_name, relation.selected.nodes)
        if len(arrays) == 1:
            [rows] = arrays
            self.snapshot.count(len(rows))
            self.size.spread(len(rows), len(rows))
            return iter((await self.complete(row_set, rows),))
        self.snapshot.count(sum(map(len, arrays)))
        self.size.spread_lists(arrays)
        objects = iter(await self.complete(row_set, list(chain.from_iterable(arrays))))
        return iter([list(islice(objects, len(rows))) for rows in arrays])

    async def _many(self, relation: Relation, many: Many, keys: list[Any]) -> Mapping[Any, list[Any]]:
        row_set = self.planner.row_set(relation.selected.type_name, relation.selected.nodes)
        dated = self.snapshot.dated and len(keys) <= MAX_DATED_PARENTS

        def write(statement: SelectStatement, given: str) -> None:
            parents = IDS.format(given)
            by = many.by.format(row=ROW)
            statement.join(many.joined, parents)
            statement.joined += (
                f" join unnest({parents}) with ordinality asking(id, place) on asking.id = {by}"
            )
            statement.columns.append("asking.place")
            statement.order.append("asking.place")
            statement.where(many.where).ordered(many.order)

        asking = list(dict.fromkeys(key for key in keys if key is not None))
        name, given = f"of {relation.selected.name}", ",".join(asking)
        rows = await fetch_by_parameter(
            self.snapshot, row_set, name, write, given, dated=dated, seen=many.seen
        )
        sizes, place = [0] * len(asking), len(row_set.items)
        for row in rows:
            sizes[row[place] - 1] += 1
        self.size.share(len(keys), len(asking))
        self.size.spread(max(sizes, default=0), len(rows))
        children = iter(await self.complete(row_set, rows))
        pairs = zip(asking, sizes, strict=True)
        return {None: [], **{key: list(islice(children, size)) for key, size in pairs}}
