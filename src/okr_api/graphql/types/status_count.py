"""GraphQL type `StatusCount`: the number of an objective's counting parts that have one status."""

import strawberry

from okr_api.graphql.fields import column, view_of
from okr_api.okr.computed_values import Status


@view_of()
@strawberry.type(description="Number of parts with one status.")
class StatusCount:
    status: Status = column("status", "The status.")
    count: int = column("count", "Number of counting parts with this status.")
