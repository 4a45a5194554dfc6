"""GraphQL type of cycles."""

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
@strawberry.type(description="Period, such as a quarter or a year, that objectives are set for.")
class Cycle(Node):
    id: strawberry.ID = global_id(NodeType.CYCLE)
    external_id: str | None = external_id()
    name: str = column("name", "Name, such as 2026-Q4; 1 to 500 characters.")
    starts_on: date = column("starts_on", "First day, in the organisation's time zone.")
    ends_on: date = column("ends_on", "Last day, inclusive, in the organisation's time zone.")
    starts_at: datetime = column("starts_at", "Instant at which the first day begins.")
    ends_at: datetime = column(
        "ends_at", "Instant at which the last day ends (exclusive). Scores are null before it."
    )
    state: CycleState = column(
        "state", "State of the cycle, which decides whether edits and check-ins are accepted."
    )
    parent: "Cycle | None" = one(
        "parent_id", "Longer cycle that contains this one, such as the year of a quarter; null if none does."
    )
    version: int = version()
