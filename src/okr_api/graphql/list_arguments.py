"""Annotated types of the arguments `filter` and `orderBy`, with descriptions, for each type of list."""

from typing import Annotated

import strawberry

from okr_api.graphql.filters import CheckInFilter, CycleFilter, KeyResultFilter, ObjectiveFilter
from okr_api.graphql.ordering import (
    CheckInOrder,
    CycleOrder,
    KeyResultOrder,
    MetricOrder,
    ObjectiveOrder,
    PersonOrder,
    PriorityOrder,
    TeamMembershipOrder,
    TeamOrder,
)
from okr_api.graphql.organization_filters import (
    MetricFilter,
    PersonFilter,
    PriorityFilter,
    TeamFilter,
    TeamMembershipFilter,
)

BY_CREATION = strawberry.argument(description="Sort order; by creation if omitted. Nulls last.")
BY_RANK = strawberry.argument(description="Sort order; by rank if omitted. Nulls last.")
SORT_OF_CHECK_INS = strawberry.argument(description="Sort order; latest first if omitted.")

ObjectiveFilterArgument = Annotated[
    ObjectiveFilter | None,
    strawberry.argument(description="Only objectives that match; all conditions are ANDed."),
]
KeyResultFilterArgument = Annotated[
    KeyResultFilter | None,
    strawberry.argument(description="Only key results that match; all conditions are ANDed."),
]
CheckInFilterArgument = Annotated[
    CheckInFilter | None,
    strawberry.argument(description="Only check-ins that match; all conditions are ANDed."),
]
PersonFilterArgument = Annotated[
    PersonFilter | None,
    strawberry.argument(description="Only people that match; all conditions are ANDed."),
]
TeamFilterArgument = Annotated[
    TeamFilter | None,
    strawberry.argument(description="Only teams that match; all conditions are ANDed."),
]
MetricFilterArgument = Annotated[
    MetricFilter | None,
    strawberry.argument(description="Only metrics that match; all conditions are ANDed."),
]
CycleFilterArgument = Annotated[
    CycleFilter | None,
    strawberry.argument(description="Only cycles that match; all conditions are ANDed."),
]
PriorityFilterArgument = Annotated[
    PriorityFilter | None,
    strawberry.argument(description="Only priorities that match; all conditions are ANDed."),
]
TeamMembershipFilterArgument = Annotated[
    TeamMembershipFilter | None,
    strawberry.argument(description="Only memberships that match; all conditions are ANDed."),
]
ObjectiveOrderArgument = Annotated[ObjectiveOrder | None, BY_CREATION]
KeyResultOrderArgument = Annotated[KeyResultOrder | None, BY_CREATION]
CheckInOrderArgument = Annotated[CheckInOrder | None, SORT_OF_CHECK_INS]
PersonOrderArgument = Annotated[PersonOrder | None, BY_CREATION]
TeamOrderArgument = Annotated[TeamOrder | None, BY_CREATION]
MetricOrderArgument = Annotated[MetricOrder | None, BY_CREATION]
TeamMembershipOrderArgument = Annotated[TeamMembershipOrder | None, BY_CREATION]
CycleOrderArgument = Annotated[CycleOrder | None, BY_CREATION]
PriorityOrderArgument = Annotated[PriorityOrder | None, BY_RANK]
