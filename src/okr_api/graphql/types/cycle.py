"""Cycles."""

from datetime import date, datetime

import strawberry

from okr_api.graphql.fields import (
    column,
    external_id,
    global_id,
    one,
    version,
    view_of,
)
from okr_api.graphql.types.node import Node
from okr_api.okr.change import NodeType
from okr_api.okr.cycle import CycleState


@view_of("cycle")
@strawberry.type(description="A quarter, a year, or another stretch of days that objectives are set for.")
class Cycle(Node):
    """A cycle."""

    id: strawberry.ID = global_id(NodeType.CYCLE)
    external_id: str | None = external_id()
    name: str = column("name", "The name.")
    starts_on: date = column("starts_on", "The first day, in the organisation's time zone.")
    ends_on: date = column("ends_on", "The last day, which still belongs to it.")
    starts_at: datetime = column("starts_at", "The first instant.")
    ends_at: datetime = column("ends_at", "The first instant that no longer belongs to it.")
    state: CycleState = column("state", "Where it stands.")
    parent: "Cycle | None" = one("parent_id", "The longer cycle that it lies within.")
    version: int = version()
