"""GraphQL type of strategic priorities."""

from datetime import date, datetime

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    global_id,
    one,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Person
from okr_api.okr.change import NodeType
from okr_api.okr.priority import PriorityState
from okr_api.query_engine.relation_sql import recorded


@view_of("(select * from priority where not removed)", expressions=recorded("priority_version"))
@strawberry.type(
    description="Strategic priority: what the organisation cares about most for a time. Objectives serve it."
)
class Priority(Node):
    id: strawberry.ID = global_id(NodeType.PRIORITY)
    external_id: str | None = external_id()
    title: str = column("title", 'Title, such as "Guests come back"; 1 to 500 characters.')
    description: str | None = column(
        "description", "What it means, as CommonMark, at most 10,000 characters; null if there is none."
    )
    owner: Person | None = one("owner_id", "Person accountable; null if unassigned.")
    rank: float = column(
        "rank", "Place among the priorities: the lowest comes first; equal ranks are in order of creation."
    )
    starts_on: date | None = column("starts_on", "First day that it is meant for; null if not limited.")
    ends_on: date | None = column("ends_on", "Last day that it is meant for, inclusive; null if not limited.")
    state: PriorityState = column("state", "ACTIVE or ARCHIVED.")
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()
