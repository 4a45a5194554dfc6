"""Row sets: rows of one type, read by one statement, with the columns to read and the objects to build.

Rows that a column refers to are joined into the row set of the referring rows. A row set depends on the
selection alone: it is planned once for a document and cached.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLObjectType

from .answer_size import SizeBounds
from .codegen import Build
from .field_sources import (
    READ,
    VIEW,
    Kind,
    Many,
    View,
)
from .selection import SelectedField

Nodes = Sequence[FieldNode]


def view_of(object_type: GraphQLObjectType) -> View:
    """Return the view of an object type."""
    definition = object_type.extensions["strawberry-definition"]
    view = getattr(definition.origin, VIEW, None)
    assert isinstance(view, View), f"{object_type.name} does not say what it is a view of"
    return view


def kind_of(selected: SelectedField) -> Kind:
    """Return the field source of a field."""
    kind: Kind = selected.field.extensions["strawberry-definition"].metadata[READ]
    return kind


@dataclass(frozen=True, slots=True)
class Relation:
    """A field whose values are found for all rows of its row set at once.

    `take` returns what a row has of it: a key, columns or, if folded, the rows; rows for which `present`
    returns None have nothing.
    """

    kind: Kind
    selected: SelectedField
    take: Callable[[Any], Any]
    present: Callable[[Any], Any] | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A row that a column refers to, read with the referring row: templates of `{row}`."""

    alias: str
    view: View
    on: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """Referring rows, read as an array with the row that they refer to, if there are few of the latter."""

    many: Many
    parent: str
    row_set: "RowSet"


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of one type with what is selected of them.

    `items` are read in this order: templates of `{row}`, the alias of the row, and of `{now}`; `moves` is
    whether any uses `{now}`. `names` are the columns of rows that are passed in. `build(rows, now, found)`
    builds the objects, where `found` has the values of each relation; `source` is its source. `texts` caches
    statements; `sizes` is the size of an object as JSON, without its relations.
    """

    type_name: str
    view: View
    items: tuple[str | Fold, ...]
    joins: tuple[Join, ...]
    names: frozenset[str]
    relations: tuple[Relation, ...]
    build: Build
    source: str
    moves: bool
    sizes: SizeBounds
    texts: dict[tuple[Any, ...], str] = field(default_factory=dict)


def called(
    function: Callable[..., Any], needs: Sequence[str], take: Callable[[Any], Any], rows: Sequence[Any]
) -> Iterable[Any]:
    """Return what a relation's function makes of each row's columns."""
    return (function(*take(row)) for row in rows) if len(needs) > 1 else (function(take(row)) for row in rows)
