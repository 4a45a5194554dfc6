"""Planning: from what is selected of a type to the columns, the streams beneath it and its builder.

A stream is a set of rows of one type that is read by one statement. Its plan depends on the selection
alone, so it is made once for a document and kept; what is read depends on arguments and on the asker.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from graphql import FieldNode, GraphQLNonNull, GraphQLObjectType

from okr_api.store.tables import metadata

from .building import Builder, build_function
from .declarations import (
    READ,
    VIEW,
    Column,
    Derived,
    Documents,
    Gathered,
    Kind,
    Listed,
    One,
    OneOf,
    Same,
    View,
)
from .selection import Asked, Selection

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


@dataclass(frozen=True, slots=True)
class Relation:
    """A field whose values are read by statements of their own, for all rows of its stream at once."""

    kind: Kind
    asked: Asked
    take: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """What is selected of a type.

    `columns` are read in this order; `build(rows, now, found)` makes the objects, where `found` has
    the values of each relation. `source` is the text of that function.
    """

    type_name: str
    view: View
    columns: tuple[str, ...]
    relations: tuple[Relation, ...]
    build: Callable[[Sequence[Any], Any, Sequence[Any]], list[dict[str, Any]]]
    source: str

    def key_of(self, row: Any) -> Any:
        """The key of a row that was read from the view's table."""
        return row[0]


class Planner:
    """Makes the streams of one document's selection, each once.

    `for_core` plans for graphql-core, which completes what is loaded: objects then carry their type's
    name under None, and nulls are left for it to judge.
    """

    def __init__(self, selection: Selection, *, for_core: bool) -> None:
        self.selection = selection
        self.for_core = for_core
        self._streams: dict[tuple[str, tuple[int, ...]], Stream] = {}

    def stream(self, type_name: str, nodes: Nodes) -> Stream:
        """The plan of what the nodes select of an object type."""
        key = (type_name, tuple(map(id, nodes)))
        if key not in self._streams:
            self._streams[key] = self._planned(type_name, nodes)
        return self._streams[key]

    def view(self, type_name: str) -> View:
        """What the type of that name is a view of."""
        return view_of(self.selection.object_type(type_name))

    def _planned(self, type_name: str, nodes: Nodes) -> Stream:
        view = self.view(type_name)
        writer = _Writer(self, view)
        display = writer.display(type_name, nodes)
        build, source = build_function(display, writer.builder)
        return Stream(type_name, view, tuple(writer.columns), tuple(writer.relations), build, source)


class _Writer:
    """Writes the builder of one stream, and gathers its columns and relations on the way."""

    def __init__(self, planner: Planner, view: View) -> None:
        self.planner = planner
        self.view = view
        self.from_table = view.table is not None
        self.columns: list[str] = [view.key] if self.from_table else []
        self.relations: list[Relation] = []
        self.builder = Builder()

    def row(self, column: str) -> str:
        """The expression of a column of the row `r`: by position where it is read from a table."""
        return f"r[{self._place(column)!r}]"

    def _place(self, column: str) -> int | str:
        if not self.from_table:
            return column
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)

    def display(self, type_name: str, nodes: Nodes) -> str:
        """The dict display of what is selected of a type."""
        items = [f"None: {type_name!r}"] if self.planner.for_core else []
        for asked in self.planner.selection.fields(type_name, nodes):
            if asked.name == "__typename":
                if not self.planner.for_core:
                    items.append(f"{asked.key!r}: {type_name!r}")
            else:
                items.append(f"{asked.key!r}: {self._value(asked)}")
        return "{" + ", ".join(items) + "}"

    def _value(self, asked: Asked) -> str:
        """The expression of a field's value."""
        kind = kind_of(asked)
        match kind:
            case Column(name):
                return self._needed(asked, self.row(name), may_be_null=self._nullable(name))
            case Derived(function, needs, clock):
                return self._call(function, needs, clock=clock)
            case Documents(function, needs) if asked.nodes[0].selection_set is None:
                return self._call(function, needs)
            case Same(present):
                display = self.display(asked.type_name, asked.nodes)
                return f"({display} if {self.row(present)} is not None else None)" if present else display
            case _:
                return self._related(asked, kind)

    def _call(self, function: Callable[..., Any], needs: Iterable[str], *, clock: bool = False) -> str:
        arguments = [self.row(need) for need in needs] + (["now"] if clock else [])
        return f"{self.builder.constant(function)}({', '.join(arguments)})"

    def _related(self, asked: Asked, kind: Kind) -> str:
        """The expression that finds a relation's value among what was loaded for all rows."""
        found = f"found[{len(self.relations)}]"
        match kind:
            case One(column):
                key = self.row(column)
                self._relate(kind, asked, (column,))
                return self._needed(asked, f"{found}.get({key})")
            case OneOf(function, needs):
                key = self._call(function, needs)
                self._relate(kind, asked, needs)
                return self._needed(asked, f"{found}.get({key})")
            case Listed(column):
                key = self.row(column)
                self._relate(kind, asked, (column,))
                return f"[{found}[k] for k in {key} if k in {found}]"
            case Documents(_, needs):
                self._relate(kind, asked, needs)
                return f"next({found})"
            case Gathered(otherwise=otherwise):
                self._relate(kind, asked, (self.view.key,))
                return f"{found}.get({self.row(self.view.key)}, {self.builder.constant(otherwise)})"
            case _:
                self._relate(kind, asked, (self.view.key,))
                return f"{found}[{self.row(self.view.key)}]"

    def _relate(self, kind: Kind, asked: Asked, needs: Sequence[str]) -> None:
        places = [self._place(need) for need in needs]
        self.relations.append(Relation(kind, asked, itemgetter(*places)))

    def _needed(self, asked: Asked, value: str, *, may_be_null: bool = True) -> str:
        """The value; where the schema allows no null but there may be one, whoever compiled gives up."""
        if self.planner.for_core or not may_be_null or not isinstance(asked.field.type, GraphQLNonNull):
            return value
        return f"needed({value})"

    def _nullable(self, column: str) -> bool:
        table = metadata.tables.get(self.view.table or "")
        if table is None or column not in table.columns:
            return self.from_table
        return bool(table.columns[column].nullable)
