"""Field factories: Strawberry fields with description and source; common ones such as `id` and `version`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

from okr_api.okr.entity import NodeType
from okr_api.query_engine import field_sources as kinds
from okr_api.query_engine.global_ids import PREFIXES

C = TypeVar("C")


def declared(description: str, kind: kinds.Kind, **more: Any) -> Any:
    """Return a field with its description and its source."""
    return strawberry.field(description=description, metadata={kinds.READ: kind}, **more)


def column(name: str, description: str) -> Any:
    """Return a field that is a column of the row."""
    return declared(description, kinds.Column(name))


def derived(
    function: Callable[..., Any], *needs: str, description: str, clock: bool = False, sql: str | None = None
) -> Any:
    """Return a field computed from columns, with `clock` also from the time; `sql` is the same in SQL."""
    return declared(description, kinds.Derived(function, needs, clock, sql))


def same(description: str, present: str | None = None) -> Any:
    """Return a field whose object is made of columns of the same row."""
    return declared(description, kinds.Same(present))


def documents(function: Callable[..., Any], *needs: str, description: str) -> Any:
    """Return a field whose objects are stored in the row as JSON documents."""
    return declared(description, kinds.Documents(function, needs))


def one(column: str, description: str, **more: Any) -> Any:
    """Return a field for the row that a column refers to."""
    return declared(description, kinds.One(column, **more))


def one_of(function: Callable[..., Any], *needs: str, description: str) -> Any:
    """Return a field for the row, of one of several types, that columns refer to."""
    return declared(description, kinds.OneOf(function, needs))


def listed(column: str, description: str) -> Any:
    """Return a field for the rows whose ids are in an array column."""
    return declared(description, kinds.Listed(column))


def many(by: str, description: str, **more: Any) -> Any:
    """Return a field for the rows that refer to this row."""
    return declared(description, kinds.Many(by, **more))


def gathered(load: Any, description: str, otherwise: Any = None) -> Any:
    """Return a field loaded for all rows at once, by a statement of its own."""
    return declared(description, kinds.Gathered(load, otherwise))


def batched(load: Any, *needs: str, description: str) -> Any:
    """Return a field computed from columns of all rows at once, with statements of its own."""
    return declared(description, kinds.Batched(load, needs))


def gathered_by(load: Any, description: str) -> Callable[[Callable[..., C]], C]:
    """Return a decorator for such a field with arguments; its function only declares them."""
    kind = kinds.Gathered(load, takes_arguments=True)
    field: Any = strawberry.field(description=description, metadata={kinds.READ: kind})
    return cast("Callable[[Callable[..., C]], C]", field)


def answered(description: str) -> Any:
    """Return a field whose value the root field's resolver puts into the object."""
    return declared(description, kinds.Answered())


def answered_by(description: str) -> Callable[[Callable[..., C]], C]:
    """Return a decorator for such a field with arguments; its function only declares them."""
    field: Any = strawberry.field(description=description, metadata={kinds.READ: kinds.Answered()})
    return cast("Callable[[Callable[..., C]], C]", field)


def paged(page: kinds.Page, description: str) -> Callable[[Callable[..., C]], C]:
    """Return a decorator for a page of rows; its function only declares arguments and is never called."""
    field: Any = strawberry.field(description=description, metadata={kinds.READ: page})
    return cast("Callable[[Callable[..., C]], C]", field)


def view_of(table: str | None = None, **more: Any) -> Callable[[type[C]], type[C]]:
    """Return a class decorator that sets the table of a type; without one, the objects are passed in."""

    def mark(cls: type[C]) -> type[C]:
        setattr(cls, kinds.VIEW, kinds.View(table, **more))
        return cls

    return mark


def global_id(node_type: NodeType, column: str = "id") -> Any:
    """Return the field `id`: opaque, with a prefix for the type."""
    return declared(
        "Global id: opaque, never changes, unique across all types.",
        kinds.GlobalId(PREFIXES[node_type], column),
    )


def external_id() -> Any:
    """Return the field for the id that other systems use."""
    return column(
        "external_id", "Id in your own systems; unique per organisation and type. Null if none was given."
    )


def version() -> Any:
    """Return the field that counts the edits of a definition."""
    return column(
        "version",
        "Number of edits of the definition, from 1. Pass it as `expectedVersion` to detect concurrent edits.",
    )


def created_at() -> Any:
    """Return the field for when the first version was recorded."""
    return column(
        "first_recorded_at", "When it was created, or imported; an import of its history keeps the instant."
    )


def updated_at() -> Any:
    """Return the field for when the latest version was recorded."""
    return column(
        "last_recorded_at",
        "When its definition was last edited, or when it was created. Numbers that move do not count.",
    )
