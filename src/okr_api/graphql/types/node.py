"""Relay types: interface `Node`, `Connection` with edges and `PageInfo`, and the paging arguments."""

from typing import Annotated, Generic, TypeVar

import strawberry

from okr_api.graphql.fields import column, declared, view_of
from okr_api.query_engine.field_sources import LivingId

T = TypeVar("T")

First = Annotated[
    int | None, strawberry.argument(description="Return the first n items, 1 to 100; 50 by default.")
]
After = Annotated[str | None, strawberry.argument(description="Return items after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="Return the last n items, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Return items before this cursor.")]


@strawberry.interface(description="Any entity with a global id. Read it again with `node(id:)`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Global id: opaque, unique among all entities of all types, and never changes. In what "
        "was read `asOf` an instant it names the instant as well, so that caches keep both apart."
    )
    current_id: strawberry.ID = declared(
        "Global id of the entity as it is now: equal to `id`, except in what was read `asOf` an instant.",
        LivingId(),
    )


@view_of()
@strawberry.type(description="Position of a page within its list.")
class PageInfo:
    has_next_page: bool = column("has_next_page", "Whether items follow this page.")
    has_previous_page: bool = column("has_previous_page", "Whether items precede this page.")
    start_cursor: str | None = column("start_cursor", "Cursor of the first item; null on an empty page.")
    end_cursor: str | None = column(
        "end_cursor", "Cursor of the last item, to pass as `after` for the next page; null on an empty page."
    )


@strawberry.type(description="An item of a page with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="Position of the item in the list, to pass as `after` or `before`."
    )
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="One page of a list, per the Relay connection specification.")
class Connection(Generic[T]):
    """Relay connection, with `nodes` beside `edges`."""

    edges: list[Edge[T]] = strawberry.field(
        description="Items with a cursor each; use `nodes` if you need none."
    )
    nodes: list[T] = strawberry.field(description="Items without their cursors.")
    page_info: PageInfo = strawberry.field(
        description="Whether more items exist, and the cursors to continue from."
    )
    total_count: int = strawberry.field(
        description="Number of items in the whole list; counted only if this field is selected."
    )
