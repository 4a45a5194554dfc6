"""Fields: a described Strawberry field together with where it is read from."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

from okr_api.okr.change import NodeType
from okr_api.query_engine import field_sources as kinds
from okr_api.query_engine.global_ids import PREFIXES

C = TypeVar("C")


def declared(description: str, kind: kinds.Kind, **more: Any) -> Any:
    """A field with its description and its kind."""
    return strawberry.field(description=description, metadata={kinds.READ: kind}, **more)


def column(name: str, description: str) -> Any:
    """A column of the row."""
    return declared(description, kinds.Column(name))


def derived(
    function: Callable[..., Any], *needs: str, description: str, clock: bool = False, sql: str | None = None
) -> Any:
    """A plain function of columns, and perhaps of the request's clock; `sql` says the same in SQL."""
    return declared(description, kinds.Derived(function, needs, clock, sql))


def same(description: str, present: str | None = None) -> Any:
    """An object made of columns of the same row."""
    return declared(description, kinds.Same(present))


def documents(function: Callable[..., Any], *needs: str, description: str) -> Any:
    """Objects that lie in the row as documents."""
    return declared(description, kinds.Documents(function, needs))


def one(column: str, description: str, **more: Any) -> Any:
    """The row that a column points to."""
    return declared(description, kinds.One(column, **more))


def one_of(function: Callable[..., Any], *needs: str, description: str) -> Any:
    """The row, of one of several types, that columns point to."""
    return declared(description, kinds.OneOf(function, needs))


def listed(column: str, description: str) -> Any:
    """The rows whose ids lie in an array."""
    return declared(description, kinds.Listed(column))


def many(by: str, description: str, **more: Any) -> Any:
    """The rows that point here."""
    return declared(description, kinds.Many(by, **more))


def gathered(load: Any, description: str, otherwise: Any = None) -> Any:
    """What a statement of its own finds for all rows at once."""
    return declared(description, kinds.Gathered(load, otherwise))


def paged(page: kinds.Page, description: str) -> Callable[[Callable[..., C]], C]:
    """A page of rows; the function it decorates says which arguments the field takes, and is never run."""
    field: Any = strawberry.field(description=description, metadata={kinds.READ: page})
    return cast("Callable[[Callable[..., C]], C]", field)


def view_of(table: str | None = None, **more: Any) -> Callable[[type[C]], type[C]]:
    """Says what a type is a view of; without a table it is handed over."""

    def mark(cls: type[C]) -> type[C]:
        setattr(cls, kinds.VIEW, kinds.View(table, **more))
        return cls

    return mark


def global_id(node_type: NodeType, column: str = "id") -> Any:
    """The id of an entity, opaque and typed."""
    return declared(
        "The id: opaque, the same for ever, unique among all entities of all types.",
        kinds.GlobalId(PREFIXES[node_type], column),
    )


def external_id() -> Any:
    """The id that other systems know an entity by."""
    return column("external_id", "The id that your systems know it by; unique per organisation and type.")


def version() -> Any:
    """The count of edits of a definition."""
    return column(
        "version",
        "Counts edits of the definition, from 1; to be handed back as `expectedVersion`.",
    )
