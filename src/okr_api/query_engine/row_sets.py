"""Streams: sets of rows of one type, each read by one statement, with what is read and made of a row.

Rows that a column points to are joined into the stream of the rows that point. What a stream is depends
on the selection alone: it is planned once for a document and kept.
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
    """What the type is a view of."""
    definition = object_type.extensions["strawberry-definition"]
    view = getattr(definition.origin, VIEW, None)
    assert isinstance(view, View), f"{object_type.name} does not say what it is a view of"
    return view


def kind_of(asked: SelectedField) -> Kind:
    """Where the field comes from."""
    kind: Kind = asked.field.extensions["strawberry-definition"].metadata[READ]
    return kind


@dataclass(frozen=True, slots=True)
class Relation:
    """A field whose values are found for all rows of its stream at once.

    `take` gives what a row has of it: a key, columns, or of a folded one its rows; `present` says in which
    rows there is anything.
    """

    kind: Kind
    asked: SelectedField
    take: Callable[[Any], Any]
    present: Callable[[Any], Any] | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A row that a column points to, read with the row that points: templates of `{row}`."""

    alias: str
    view: View
    on: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that point here, read as an array with the row that they point to, where those are few."""

    many: Many
    parent: str
    stream: "RowSet"


@dataclass(frozen=True, slots=True)
class RowSet:
    """What is selected of a type.

    `items` are read in this order: templates of `{row}`, the alias of its row, and of `{now}`; `moves`
    says whether any is of `{now}`. Of rows that are handed over `names` are the columns.
    `build(rows, now, found)` makes the objects, where `found` has the values of each relation; `source` is
    its text. `texts` are the statements made so far; `sizes` is how large an object is as JSON,
    without what its relations hold.
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
    """What a relation's function makes of what each row has of the columns that it needs."""
    return (function(*take(row)) for row in rows) if len(needs) > 1 else (function(take(row)) for row in rows)
