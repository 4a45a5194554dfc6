"""Arguments `filter` and `orderBy` of lists, by what is listed."""

from typing import Annotated

import strawberry

from okr_api.graphql.filters import (
    CheckInFilter,
    CycleFilter,
    KeyResultFilter,
    ObjectiveFilter,
    PersonFilter,
    TeamFilter,
)
from okr_api.graphql.ordering import (
    CheckInOrder,
    CycleOrder,
    KeyResultOrder,
    ObjectiveOrder,
    PersonOrder,
    TeamOrder,
)

BY_CREATION = strawberry.argument(description="Sort order; by creation if omitted. Nulls last.")
SORT_OF_CHECK_INS = strawberry.argument(description="Sort order; latest first if omitted.")

ObjectivesThat = Annotated[
    ObjectiveFilter | None,
    strawberry.argument(description="Only objectives that match; all conditions are ANDed."),
]
KeyResultsThat = Annotated[
    KeyResultFilter | None,
    strawberry.argument(description="Only key results that match; all conditions are ANDed."),
]
CheckInsThat = Annotated[
    CheckInFilter | None,
    strawberry.argument(description="Only check-ins that match; all conditions are ANDed."),
]
PeopleThat = Annotated[
    PersonFilter | None,
    strawberry.argument(description="Only people that match; all conditions are ANDed."),
]
TeamsThat = Annotated[
    TeamFilter | None,
    strawberry.argument(description="Only teams that match; all conditions are ANDed."),
]
CyclesThat = Annotated[
    CycleFilter | None,
    strawberry.argument(description="Only cycles that match; all conditions are ANDed."),
]
ObjectivesBy = Annotated[ObjectiveOrder | None, BY_CREATION]
KeyResultsBy = Annotated[KeyResultOrder | None, BY_CREATION]
CheckInsBy = Annotated[CheckInOrder | None, SORT_OF_CHECK_INS]
PeopleBy = Annotated[PersonOrder | None, BY_CREATION]
TeamsBy = Annotated[TeamOrder | None, BY_CREATION]
CyclesBy = Annotated[CycleOrder | None, BY_CREATION]
