"""Loading: the rows of streams, one statement for each, whatever their number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import FieldNode
from graphql.execution.values import get_argument_values

from .declarations import Documents, Gathered, Listed, Many, One, OneOf, Page
from .pages import Wanted
from .paging import load_pages
from .planning import Planner, Relation, Stream
from .snapshot import Snapshot
from .statements import ROW, Statement

PARENT = "parent_in_stream"
Nodes = Sequence[FieldNode]


class Loader:
    """Loads what one operation selects, within one snapshot.

    *Shape*: a loaded object is a dict by response key.
    """

    def __init__(self, snapshot: Snapshot, planner: Planner, variables: Any) -> None:
        self.snapshot = snapshot
        self.planner = planner
        self.variables = variables

    async def complete(self, stream: Stream, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The objects of the rows, in their order."""
        if not rows:
            return []
        found = [await self._found(relation, stream, rows) for relation in stream.relations]
        return stream.build(rows, self.snapshot.now, found)

    async def handed_over(self, stream: Stream, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The objects of rows that have been read before, or lie in no table: their columns by name."""
        if stream.view.table is not None:
            rows = [[row[column] for column in stream.columns] for row in rows]
        return await self.complete(stream, rows)

    def statement(self, stream: Stream) -> Statement:
        """A statement that reads the stream's columns, its key first."""
        return Statement(self.snapshot, stream.view).select(stream.columns)

    async def fetch(self, stream: Stream, statement: Statement) -> list[dict[str, Any]]:
        """The objects of the rows that the statement finds."""
        return await self.complete(stream, await statement.fetch(self.snapshot))

    async def by_key(self, type_name: str, nodes: Nodes, keys: Iterable[Any]) -> Mapping[Any, Any]:
        """The visible rows with those keys, loaded, by key."""
        wanted = list({key for key in keys if key is not None})
        if not wanted:
            return {}
        stream = self.planner.stream(type_name, nodes)
        statement = self.statement(stream)
        statement.where(f'{ROW}."{stream.view.key}" = any({statement.parameter(wanted)})')
        rows = await statement.fetch(self.snapshot)
        return dict(zip([row[0] for row in rows], await self.complete(stream, rows), strict=True))

    async def one_of(
        self, nodes: Nodes, named: Iterable[tuple[str, Any] | None]
    ) -> Mapping[tuple[str, Any] | None, Any]:
        """The visible rows that (type, key) pairs name, each by what is selected of its type; by pair."""
        wanted: dict[str, list[Any]] = {}
        for one in named:
            if one is not None:
                wanted.setdefault(one[0], []).append(one[1])
        found: dict[tuple[str, Any] | None, Any] = {}
        for type_name in sorted(wanted):
            for key, loaded in (await self.by_key(type_name, nodes, wanted[type_name])).items():
                found[(type_name, key)] = loaded
        return found

    async def _found(self, relation: Relation, stream: Stream, rows: Sequence[Any]) -> Any:
        """What the relation's field finds its values in, for all rows."""
        asked, kind, take = relation.asked, relation.kind, relation.take
        match kind:
            case One():
                return await self.by_key(asked.type_name, asked.nodes, map(take, rows))
            case OneOf(function, needs):
                several = len(needs) > 1
                named = (function(*take(row)) if several else function(take(row)) for row in rows)
                return await self.one_of(asked.nodes, named)
            case Listed():
                return await self.by_key(asked.type_name, asked.nodes, (k for row in rows for k in take(row)))
            case Documents(function, needs):
                several = len(needs) > 1
                return iter(
                    await self._documents(
                        relation, [function(*take(row)) if several else function(take(row)) for row in rows]
                    )
                )
            case Many():
                return await self._many(relation, kind, list(map(take, rows)))
            case Page():
                wanted = Wanted.of(get_argument_values(asked.field, asked.nodes[0], self.variables))
                parents = list(map(take, rows))
                return await load_pages(self, asked.type_name, asked.nodes, kind, wanted, parents)
            case Gathered(load):
                return await self._gathered(relation, await load(self.snapshot, list(map(take, rows))))
        raise AssertionError(f"{kind} is no relation")

    async def _documents(self, relation: Relation, documents: Sequence[Any]) -> list[Any]:
        """Documents as objects of the field's type; each may be a list, a single one or None."""
        stream = self.planner.stream(relation.asked.type_name, relation.asked.nodes)
        flat = [d for one in documents for d in (one if isinstance(one, list) else [one]) if d is not None]
        loaded = iter(await self.handed_over(stream, flat))
        return [
            [next(loaded) for _ in one] if isinstance(one, list) else None if one is None else next(loaded)
            for one in documents
        ]

    async def _gathered(self, relation: Relation, found: Mapping[Any, Any]) -> Mapping[Any, Any]:
        if relation.asked.nodes[0].selection_set is None:
            return found
        return dict(zip(found, await self._documents(relation, list(found.values())), strict=True))

    async def _many(self, relation: Relation, many: Many, keys: list[Any]) -> Mapping[Any, list[Any]]:
        stream = self.planner.stream(relation.asked.type_name, relation.asked.nodes)
        statement = self.statement(stream)
        parents = statement.parameter(keys)
        statement.joined = many.joined.format(row=ROW, parents=parents)
        statement.columns.append(f'{many.by.format(row=ROW)} as "{PARENT}"')
        statement.where(f"{many.by} = any({parents})").where(many.where).ordered(many.order)
        rows = await statement.fetch(self.snapshot)
        children: dict[Any, list[Any]] = {key: [] for key in keys}
        parent = len(stream.columns)
        for row, child in zip(rows, await self.complete(stream, rows), strict=True):
            children[row[parent]].append(child)
        return children
