"""What entities have in common, and pages of them."""

from typing import Annotated, Generic, TypeVar

import strawberry

from okr_api.graphql.fields import column, view_of

T = TypeVar("T")

First = Annotated[int | None, strawberry.argument(description="The first so many, 1 to 100; 50 by default.")]
After = Annotated[str | None, strawberry.argument(description="Those after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Those before this cursor.")]


@strawberry.interface(description="An entity with an id of its own, to be read again with `node(id)`.")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(description="The id: opaque, typed, the same for ever.")


@view_of()
@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = column("has_next_page", "Whether more follows this page.")
    has_previous_page: bool = column("has_previous_page", "Whether anything comes before this page.")
    start_cursor: str | None = column("start_cursor", "The cursor of the first row; null on an empty page.")
    end_cursor: str | None = column("end_cursor", "The cursor of the last row; null on an empty page.")


@strawberry.type(description="A row of a page with its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="Where this row lies in the list: for `after` and `before`.")
    node: T = strawberry.field(description="The row itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with the nodes beside the edges."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and where to go on.")
    total_count: int = strawberry.field(
        description="How many rows the whole list has; counted only when asked."
    )
