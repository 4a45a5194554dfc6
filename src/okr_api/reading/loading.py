"""Loading: what is asked of a type, for all rows at once, one statement for each set of rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo

from .declarations import (
    READ,
    VIEW,
    Column,
    Derived,
    Documents,
    Gathered,
    Kind,
    Listed,
    Many,
    One,
    OneOf,
    Page,
    Row,
    Same,
    View,
    needs_of,
)
from .pages import Wanted
from .paging import load_pages
from .selection import Asked, Selection
from .snapshot import Snapshot
from .statements import ROW, Statement

PARENT = "parent_in_stream"
Nodes = Sequence[FieldNode]


def view_of(object_type: GraphQLObjectType) -> View:
    """What the type is a view of."""
    definition = object_type.extensions["strawberry-definition"]
    view = getattr(definition.origin, VIEW, None)
    assert isinstance(view, View), f"{object_type.name} does not say what it is a view of"
    return view


def kind_of(asked: Asked) -> Kind:
    """Where the field comes from."""
    kind: Kind = asked.field.extensions["strawberry-definition"].metadata[READ]
    return kind


class Loader:
    """Loads what one operation selects, within one snapshot.

    *Shape*: a loaded object is a dict by response key, with its type's name under `__typename`.
    """

    def __init__(self, snapshot: Snapshot, selection: Selection) -> None:
        self.snapshot = snapshot
        self.selection = selection

    @classmethod
    def of(cls, snapshot: Snapshot, info: GraphQLResolveInfo[Any]) -> "Loader":
        """The loader of the operation being executed."""
        return cls(snapshot, Selection.of(info))

    def view(self, type_name: str) -> View:
        """What the type of that name is a view of."""
        return view_of(self.selection.object_type(type_name))

    def columns(self, type_name: str, nodes: Nodes) -> set[str]:
        """The columns from which the selected fields of a row are made."""
        key = self.view(type_name).key
        columns: set[str] = set()
        for asked in self.selection.fields(type_name, nodes):
            kind = kind_of(asked)
            columns.update(needs_of(kind, key))
            if isinstance(kind, Same):
                columns |= self.columns(asked.type_name, asked.nodes)
        return columns

    async def complete(self, type_name: str, nodes: Nodes, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The selected fields of the rows, in the order of the rows."""
        if not rows:
            return []
        keys, values = ["__typename"], [[type_name] * len(rows)]
        for asked in self.selection.fields(type_name, nodes):
            keys.append(asked.key)
            values.append(await self._values(type_name, asked, rows))
        return [dict(zip(keys, row, strict=True)) for row in zip(*values, strict=True)]

    async def _values(self, type_name: str, asked: Asked, rows: Sequence[Row]) -> list[Any]:
        """The values of one field, for all rows."""
        match kind_of(asked):
            case Column(name):
                return [row[name] for row in rows]
            case Derived(function, needs, clock):
                more = (self.snapshot.now,) if clock else ()
                return [function(*[row[need] for need in needs], *more) for row in rows]
            case Same(present):
                loaded = await self.complete(asked.type_name, asked.nodes, rows)
                if present is None:
                    return loaded
                return [o if row[present] is not None else None for o, row in zip(loaded, rows, strict=True)]
            case Documents(function, needs):
                return await self._documents(asked, [function(*[row[n] for n in needs]) for row in rows])
            case One(column):
                found = await self.by_key(asked.type_name, asked.nodes, [row[column] for row in rows])
                return [found.get(row[column]) for row in rows]
            case OneOf(function, needs):
                named = [function(*[row[need] for need in needs]) for row in rows]
                return await self.one_of(asked.nodes, named)
            case Listed(column):
                found = await self.by_key(
                    asked.type_name, asked.nodes, [id for row in rows for id in row[column]]
                )
                return [[found[id] for id in row[column] if id in found] for row in rows]
            case Many() as many:
                return await self._many(type_name, asked, many, rows)
            case Page() as page:
                return await self._page(type_name, asked, page, rows)
            case Gathered(load, otherwise):
                key = self.view(type_name).key
                gathered = await load(self.snapshot, [row[key] for row in rows])
                return await self._documents(asked, [gathered.get(row[key], otherwise) for row in rows])

    async def _documents(self, asked: Asked, documents: Sequence[Any]) -> list[Any]:
        """Documents as objects of the field's type; they may be lists, single ones or plain values."""
        if asked.nodes[0].selection_set is None:
            return list(documents)
        flat = [d for one in documents for d in (one if isinstance(one, list) else [one]) if d is not None]
        loaded = iter(await self.complete(asked.type_name, asked.nodes, flat))
        answers: list[Any] = []
        for one in documents:
            if isinstance(one, list):
                answers.append([next(loaded) for _ in one])
            else:
                answers.append(None if one is None else next(loaded))
        return answers

    def select(self, type_name: str, nodes: Nodes, *more: str) -> Statement:
        """A statement on the type's view with the columns that the selection needs."""
        view = self.view(type_name)
        columns = self.columns(type_name, nodes) | {view.key, *more}
        return Statement(self.snapshot, view).select(sorted(columns))

    async def by_key(self, type_name: str, nodes: Nodes, keys: Iterable[Any]) -> Mapping[Any, dict[str, Any]]:
        """The visible rows with those keys, loaded, by key."""
        wanted = list({key for key in keys if key is not None})
        if not wanted:
            return {}
        statement = self.select(type_name, nodes)
        key = statement.view.key
        statement.where(f'{ROW}."{key}" = any({statement.parameter(wanted)})')
        rows = await statement.fetch(self.snapshot)
        loaded = await self.complete(type_name, nodes, rows)
        return {row[key]: one for row, one in zip(rows, loaded, strict=True)}

    async def one_of(self, nodes: Nodes, named: Sequence[tuple[str, Any] | None]) -> list[Any]:
        """The visible rows that (type, key) pairs name, each loaded by what is selected of its type."""
        found: dict[tuple[str, Any], Any] = {}
        for type_name in sorted({name for name, _ in filter(None, named)}):
            keys = [key for name, key in filter(None, named) if name == type_name]
            for key, loaded in (await self.by_key(type_name, nodes, keys)).items():
                found[(type_name, key)] = loaded
        return [found.get(one) if one else None for one in named]

    async def _many(self, type_name: str, asked: Asked, many: Many, rows: Sequence[Row]) -> list[Any]:
        key = self.view(type_name).key
        statement = self.select(asked.type_name, asked.nodes)
        parents = statement.parameter([row[key] for row in rows])
        statement.joined = many.joined.format(row=ROW, parents=parents)
        statement.columns.append(f'{many.by.format(row=ROW)} as "{PARENT}"')
        statement.where(f"{many.by} = any({parents})")
        statement.where(many.where).ordered(many.order)
        found = await statement.fetch(self.snapshot)
        children: dict[Any, list[Any]] = {row[key]: [] for row in rows}
        for row, child in zip(found, await self.complete(asked.type_name, asked.nodes, found), strict=True):
            children[row[PARENT]].append(child)
        return [children[row[key]] for row in rows]

    async def _page(self, type_name: str, asked: Asked, page: Page, rows: Sequence[Row]) -> list[Any]:
        key = self.view(type_name).key
        parents = [row[key] for row in rows]
        pages = await load_pages(
            self, asked.type_name, asked.nodes, page, Wanted.of(asked.arguments), parents
        )
        return [pages[parent] for parent in parents]
